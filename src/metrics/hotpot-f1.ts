import { largest } from "../domain/extremes.js";
import { normalizeAnswer } from "./normalize.js";
import { overlapF1 } from "./overlap-f1.js";
import { listReferences, type References } from "./references.js";
import { words } from "./words.js";

/** Answers that are right or wrong as a whole. */
const CLOSED_ANSWERS: ReadonlySet<string> = new Set(["yes", "no", "noanswer"]);

/**
 * `metrics.tokenF1`, but "yes", "no" and "noanswer" score only when they are the whole answer (there this example has 1/3);
 * from 0 to 1, best over the references.
 *
 * `f1_score` of the official evaluation scripts of HotpotQA and 2WikiMultihopQA (v1.1).
 *
 * @param prediction the model's answer.
 * @param references one right answer, or several any of which is right.
 * @throws OptionError when there is no reference.
 * @example metrics.hotpotF1("Yes, both are French directors.", "yes") // 0
 */
export function hotpotF1(prediction: string, references: References): number {
  const predicted = normalizeAnswer(prediction);
  return largest(listReferences(references).map((reference) => score(predicted, normalizeAnswer(reference))));
}

function score(prediction: string, reference: string): number {
  const closed = CLOSED_ANSWERS.has(prediction) || CLOSED_ANSWERS.has(reference);
  if (closed && prediction !== reference) return 0;
  return overlapF1(words(prediction), words(reference));
}
