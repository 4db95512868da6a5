import { largest } from "../domain/extremes.js";
import { countTokens, listReferences, normalizeAnswer, type References, words } from "./answers.js";

/**
 * 1 if the normalised prediction equals one of the normalised references, else 0.
 *
 * The exact match of SQuAD v1.1's evaluation script.
 *
 * @param prediction the model's answer.
 * @param references one right answer, or several of which any is right.
 * @throws OptionError if there is no reference.
 * @example metrics.exactMatch("the Battle of the Somme!", ["Verdun", "Battle of Somme"]) // 1
 */
export function exactMatch(prediction: string, references: References): 0 | 1 {
  const predicted = normalizeAnswer(prediction);
  return listReferences(references).some((reference) => normalizeAnswer(reference) === predicted) ? 1 : 0;
}

/**
 * 1 if the prediction contains one of the references, in any case and with anything around it, else 0.
 *
 * `string_match_part` of RULER (Hsieh et al., 2024): the number asked for also counts within a sentence.
 *
 * @param prediction the model's answer.
 * @param references one right answer, or several of which any is right.
 * @throws OptionError if there is no reference.
 * @example metrics.stringMatch("The access code is 9086069.", "9086069") // 1
 */
export function stringMatch(prediction: string, references: References): 0 | 1 {
  const predicted = prediction.toLowerCase();
  const isIn = (reference: string) =>
    reference === "" ? predicted === "" : predicted.includes(reference.toLowerCase());
  return listReferences(references).some(isIn) ? 1 : 0;
}

/**
 * F1 of the *sets* of lower-case words, split at white space, punctuation kept; from 0 to 1, best over the references.
 *
 * The plain F1 of CacheBlend quality scripts without SQuAD's normalisation: "College," is not "College", and a repeated word
 * counts once. Not comparable with `metrics.tokenF1`, and no substitute for it in a paper. Two empty texts share no word and
 * score 0.
 *
 * @param prediction the model's answer.
 * @param references one right answer, or several of which any is right.
 * @throws OptionError if there is no reference.
 * @example metrics.setF1("Exeter College, Oxford", "Exeter College") // 0.4
 */
export function setF1(prediction: string, references: References): number {
  const predicted = wordSet(prediction);
  return largest(listReferences(references).map((reference) => overlapF1(predicted, wordSet(reference))));
}

function wordSet(text: string): readonly string[] {
  return [...new Set(words(text.toLowerCase()))];
}

/**
 * F1 of the bags of words of the normalised answers; from 0 to 1, best over the references.
 *
 * The F1 of SQuAD v1.1's evaluation script and of LongBench's `qa_f1_score`. Words are those of `normalizeAnswer`.
 * Two answers that normalise to nothing score 0 (SQuAD v2.0 would give 1).
 *
 * @param prediction the model's answer.
 * @param references one right answer, or several of which any is right.
 * @throws OptionError if there is no reference.
 * @example metrics.tokenF1("Exeter College, Oxford", "Exeter College") // 0.8
 */
export function tokenF1(prediction: string, references: References): number {
  const predicted = words(normalizeAnswer(prediction));
  return largest(
    listReferences(references).map((reference) => overlapF1(predicted, words(normalizeAnswer(reference)))),
  );
}

/** Answers that are right or wrong as a whole. */
const CLOSED_ANSWERS: ReadonlySet<string> = new Set(["yes", "no", "noanswer"]);

/**
 * `metrics.tokenF1`, except that "yes", "no" and "noanswer" score only as the whole answer (with `tokenF1` this example has
 * 1/3); from 0 to 1, best over the references.
 *
 * `f1_score` of the official evaluation scripts of HotpotQA and 2WikiMultihopQA (v1.1).
 *
 * @param prediction the model's answer.
 * @param references one right answer, or several of which any is right.
 * @throws OptionError if there is no reference.
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

/** F1 of two bags of tokens, in which a token counts as often as both have it; 0 if they share none. */
export function overlapF1<T>(prediction: readonly T[], reference: readonly T[]): number {
  const left = countTokens(reference);
  let shared = 0;
  for (const token of prediction) {
    const count = left.get(token) ?? 0;
    if (count === 0) continue;
    left.set(token, count - 1);
    shared++;
  }
  if (shared === 0) return 0;
  const precision = shared / prediction.length;
  const recall = shared / reference.length;
  return (2 * precision * recall) / (precision + recall);
}
