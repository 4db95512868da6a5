import { largest } from "../domain/extremes.js";
import { overlapF1 } from "./overlap-f1.js";
import { listReferences, type References } from "./references.js";
import { words } from "./words.js";

/**
 * F1 of the *sets* of lower-case words, split at white space, punctuation kept; from 0 to 1, best over the references.
 *
 * The plain F1 of CacheBlend quality scripts that do without SQuAD's normalisation: "College," is not "College",
 * and a repeated word counts once. Not comparable with `metrics.tokenF1`, and no substitute for it in a paper.
 * Two empty texts share no word: 0.
 *
 * @param prediction the model's answer.
 * @param references one right answer, or several any of which is right.
 * @throws OptionError when there is no reference.
 * @example metrics.setF1("Exeter College, Oxford", "Exeter College") // 0.4
 */
export function setF1(prediction: string, references: References): number {
  const predicted = wordSet(prediction);
  return largest(listReferences(references).map((reference) => overlapF1(predicted, wordSet(reference))));
}

function wordSet(text: string): readonly string[] {
  return [...new Set(words(text.toLowerCase()))];
}
