import { normalizeAnswer } from "./normalize.js";
import { listReferences, type References } from "./references.js";

/**
 * 1 when the normalised prediction equals one of the normalised references, else 0.
 *
 * The exact match of SQuAD v1.1's evaluation script.
 *
 * @param prediction the model's answer.
 * @param references one right answer, or several any of which is right.
 * @throws OptionError when there is no reference.
 * @example metrics.exactMatch("the Battle of the Somme!", ["Verdun", "Battle of Somme"]) // 1
 */
export function exactMatch(prediction: string, references: References): 0 | 1 {
  const predicted = normalizeAnswer(prediction);
  return listReferences(references).some((reference) => normalizeAnswer(reference) === predicted) ? 1 : 0;
}
