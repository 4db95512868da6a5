import { largest } from "../domain/extremes.js";
import { overlapF1 } from "./answer-scores.js";
import { listReferences, normalizeAnswer, type References, words } from "./answers.js";

/** A tokenizer's encoder: the ids of a text, with or without a first token that every text begins with. */
export type Encode = (text: string) => readonly number[];

/**
 * F1 of the bags of *model tokens* of the normalised answers; from 0 to 1, best over the references.
 *
 * `compute_f1` of CacheBlend's research code (github.com/YaoJiayi/CacheBlend at 55ad026, `example/utils.py`). As there, only
 * the prediction's first line counts, and a prediction that begins with yes or no is cut down to that word: **so every answer
 * that begins with "No" is read as "no"**, and a right "Nobel Prize" or "Norway" scores 0 or close to it. Use this to compare
 * with published CacheBlend numbers, and `metrics.tokenF1` for everything else.
 *
 * Two differences: a blank prediction scores like an empty one (there it raises IndexError), and a first token is dropped
 * only if `encode("")` shows that the encoder adds it (there it is always dropped).
 *
 * @param prediction the model's answer.
 * @param references one right answer, or several of which any is right.
 * @param encode the answering model's own encoder; the score depends on it.
 * @throws OptionError if there is no reference.
 * @example
 * const encode = (text) => text.split(" ").map((word) => word.length); // a stand-in for the model's
 * metrics.cacheblendF1("Exeter College, Oxford", "Exeter College", encode) // 0.8
 */
export function cacheblendF1(prediction: string, references: References, encode: Encode): number {
  const [, answer, ...others] = cacheblendTexts(prediction, references);
  const tokens = answerEncoder(encode);
  const predicted = tokens(answer!);
  return largest(
    others.map((reference) => {
      const expected = tokens(reference);
      return predicted.length === 0 && expected.length === 0 ? 1 : overlapF1(predicted, expected);
    }),
  );
}

/**
 * The texts that `cacheblendF1` encodes: the empty one, the prediction as it is read, and the references. A caller with an
 * asynchronous encoder encodes these first.
 */
export function cacheblendTexts(prediction: string, references: References): string[] {
  return ["", ...[foldYesNo(firstLine(prediction)), ...listReferences(references)].map(normalizeAnswer)];
}

function firstLine(text: string): string {
  return text.replace(/^\n+/, "").split("\n", 1)[0]!;
}

/** "Yes" is searched for at the start and "No" after white space, because the research code does so. */
function foldYesNo(answer: string): string {
  if (/^[Yy]es/.test(answer)) return "Yes";
  return /^[Nn]o/.test(words(answer)[0] ?? "") ? "No" : answer;
}

function answerEncoder(encode: Encode): Encode {
  const first = encode("")[0];
  return (answer) => {
    const ids = encode(answer);
    return first !== undefined && ids[0] === first ? ids.slice(1) : ids;
  };
}
