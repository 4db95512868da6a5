import { OptionError } from "../domain/errors/errors.js";
import type { ChunkedPrompt } from "../domain/records/chunked-prompt.js";
import type { TokenBudget } from "../domain/records/token-count.js";

const SENTENCES = new Intl.Segmenter("en", { granularity: "sentence" });

/**
 * Cuts a text into chunks of at most `tokens` tokens that end where sentences do; joined, they are the text again.
 *
 * A sentence is split only if it is longer than a chunk.
 *
 * @throws OptionError if `tokens` is too small for a single character.
 */
export async function sentenceChunks(text: string, budget: TokenBudget, tokens: number): Promise<string[]> {
  if (!Number.isInteger(tokens) || tokens < 1) {
    throw new OptionError("tokens", "must be a whole number of at least 1", tokens);
  }
  const sentences = Array.from(SENTENCES.segment(text), ({ segment }) => segment);
  const chunks: string[] = [];
  let begin = 0;
  while (begin < sentences.length) {
    const count = await howManyFit(sentences, begin, budget, tokens);
    if (count > 0) {
      chunks.push(sentences.slice(begin, begin + count).join(""));
      begin += count;
    } else {
      const sentence = sentences[begin]!;
      const piece = await budget.truncate(sentence, tokens);
      if (piece === "") throw new OptionError("tokens", "must leave room for a single character", tokens);
      chunks.push(piece);
      sentences[begin] = sentence.slice(piece.length);
    }
  }
  return chunks;
}

/** The largest number of sentences from `begin` that fit together, found by doubling and then by bisection. */
async function howManyFit(
  sentences: readonly string[],
  begin: number,
  budget: TokenBudget,
  tokens: number,
): Promise<number> {
  const fits = async (count: number): Promise<boolean> =>
    (await budget.count(sentences.slice(begin, begin + count).join(""))) <= tokens;
  const most = sentences.length - begin;
  let fitting = 0;
  let tooMany = 1;
  while (await fits(Math.min(tooMany, most))) {
    fitting = Math.min(tooMany, most);
    if (fitting === most) return most;
    tooMany *= 2;
  }
  tooMany = Math.min(tooMany, most);
  while (tooMany - fitting > 1) {
    const middle = Math.floor((fitting + tooMany) / 2);
    if (await fits(middle)) fitting = middle;
    else tooMany = middle;
  }
  return fitting;
}

/**
 * Leaves out the chunk in the middle until all chunks together are at most `tokens` tokens.
 *
 * Source: CacheBlend @55ad026 `example/blend_samsum.py`, with 3,400 tokens.
 */
export async function dropMiddleChunks(
  prompt: ChunkedPrompt,
  budget: TokenBudget,
  tokens: number,
): Promise<{ readonly prompt: ChunkedPrompt; readonly dropped: number }> {
  const kept: { text: string; tokens: number }[] = [];
  for (const text of prompt.chunks) kept.push({ text, tokens: await budget.count(text) });
  while (kept.reduce((total, chunk) => total + chunk.tokens, 0) > tokens) {
    kept.splice(Math.floor(kept.length / 2), 1);
  }
  const chunks = kept.map(({ text }) => text);
  return { prompt: { ...prompt, chunks }, dropped: prompt.chunks.length - chunks.length };
}
