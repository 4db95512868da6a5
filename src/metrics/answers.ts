import { OptionError } from "../domain/errors/errors.js";

/** The characters Python's `str.split()` splits at; JavaScript's `\s` has one more and five fewer. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: four of them are ASCII's own separators.
const WHITESPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** The words of a text, as Python's `text.split()` gives them: none for an empty text. */
export function words(text: string): readonly string[] {
  return text.split(WHITESPACE).filter((word) => word !== "");
}

/** Python's `string.punctuation`: ASCII's punctuation and symbols, and no other script's. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;

/** Python's `\b(a|an|the)\b`, whose word boundaries know every script; JavaScript's `\b` knows ASCII only. */
const ARTICLES = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/**
 * An answer as SQuAD compares it: lower case, without punctuation and articles, single spaces.
 *
 * `normalize_answer` of the SQuAD v1.1 evaluation script, which LongBench, HotpotQA, 2WikiMultihopQA and
 * CacheBlend repeat word for word. Punctuation goes before articles do, so "The-End" is one word, "theend".
 *
 * @example normalizeAnswer("The Battle of the Somme.") // "battle of somme"
 */
export function normalizeAnswer(answer: string): string {
  return words(answer.toLowerCase().replace(PUNCTUATION, "").replace(ARTICLES, " ")).join(" ");
}

/** One right answer, or several of which any is right; a metric then gives the best score. */
export type References = string | readonly string[];

/**
 * The references as a list.
 *
 * @throws OptionError if there is none: a score against nothing would look like a wrong answer.
 */
export function listReferences(references: References): readonly string[] {
  const list = typeof references === "string" ? [references] : references;
  if (list.length === 0) throw new OptionError("references", "must hold at least one answer", "none");
  return list;
}

/** How often each token occurs. */
export function countTokens<T>(tokens: Iterable<T>): Map<T, number> {
  const counts = new Map<T, number>();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  return counts;
}
