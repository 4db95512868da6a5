import { listReferences, type References, words } from "./answers.js";
import { lcsPlaces } from "./lcs.js";
import { bestByFmeasure, type RougeScore } from "./rouge.js";

/**
 * ROUGE-L as LongBench and lm-evaluation-harness report it; with several references, the score of the highest F.
 *
 * Equal to the Python package rouge 1.0.1 (pltrdy/rouge, `Rouge().get_scores`, "rouge-l"): sentences end at every full stop,
 * words at white space; case and punctuation count, nothing is stemmed; *distinct* words are counted, and F has an added
 * 1e-8. Not comparable with `metrics.rouge`. A text without a sentence scores 0, as in LongBench. LongBench also scores 0 if
 * the package's recursion limit is reached, near a thousand words; here such texts get their score.
 *
 * @param prediction the model's answer.
 * @param references one right answer, or several of which any is right.
 * @throws OptionError if there is no reference.
 * @example metrics.rougeLPltrdy("Amanda baked cookies.", "Amanda bakes cookies.").fmeasure // 0.6666666616666668
 */
export function rougeLPltrdy(prediction: string, references: References): RougeScore {
  const predicted = sentences(prediction);
  return bestByFmeasure(
    listReferences(references).map((reference) => score(predicted, sentences(reference))),
  );
}

type Sentences = readonly (readonly string[])[];

function score(prediction: Sentences, reference: Sentences): RougeScore {
  if (prediction.length === 0 || reference.length === 0) return { precision: 0, recall: 0, fmeasure: 0 };
  const union = new Set(
    reference.flatMap((expected) =>
      // The package goes back in the reference only if that is longer: `lcsPlaces` with the texts exchanged.
      prediction.flatMap((predicted) => lcsPlaces(predicted, expected).map((place) => predicted[place]!)),
    ),
  );
  const precision = union.size / new Set(prediction.flat()).size;
  const recall = union.size / new Set(reference.flat()).size;
  return { precision, recall, fmeasure: 2 * ((precision * recall) / (precision + recall + 1e-8)) };
}

/**
 * A sentence of spaces alone, for instance after a final full stop and a space, counts as one empty word, as in the package.
 */
function sentences(text: string): Sentences {
  return text
    .split(".")
    .filter((sentence) => sentence !== "")
    .map(words)
    .map((sentence) => (sentence.length === 0 ? [""] : sentence));
}
