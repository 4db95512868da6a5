import { largest } from "../domain/extremes.js";
import { normalizeAnswer } from "./normalize.js";
import { overlapF1 } from "./overlap-f1.js";
import { listReferences, type References } from "./references.js";
import { words } from "./words.js";

/**
 * F1 of the bags of words of the normalised answers; from 0 to 1, best over the references.
 *
 * The F1 of SQuAD v1.1's evaluation script and of LongBench's `qa_f1_score`. Words are those of `normalizeAnswer`.
 * Two answers that normalise to nothing score 0 (SQuAD v2.0 would give 1).
 *
 * @param prediction the model's answer.
 * @param references one right answer, or several any of which is right.
 * @throws OptionError when there is no reference.
 * @example metrics.tokenF1("Exeter College, Oxford", "Exeter College") // 0.8
 */
export function tokenF1(prediction: string, references: References): number {
  const predicted = words(normalizeAnswer(prediction));
  return largest(
    listReferences(references).map((reference) => overlapF1(predicted, words(normalizeAnswer(reference)))),
  );
}
