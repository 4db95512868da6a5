import { type ChunkedPrompt, contextOf, wholePrompt } from "../domain/records/chunked-prompt.js";
import type { TokenBudget } from "../domain/records/token-count.js";
import type { Wording } from "../domain/records/words.js";
import { dropMiddleChunks } from "./chunks.js";

/** A prompt that fits, and the tokens of its context that were taken out. */
export interface FittedPrompt {
  readonly prompt: ChunkedPrompt;
  readonly cutTokens: number;
}

/** Where a prompt is cut: whole chunks from the middle, as CacheBlend does, or its middle, as LongBench does. */
export type CutBy = "chunks" | "middle";

/** How a wording's authors cut; the package's own wordings keep chunks whole, which can then be cached as they stand. */
export const cutByOf = (wording: Wording): CutBy => (wording === "longbench" ? "middle" : "chunks");

/** Cut texts may have more tokens at their seams than they had in place; each round takes these off. */
const ROUNDS = 8;

/**
 * Takes out of a prompt's chunks what makes it longer than `tokens`; its beginning and its question stay whole.
 *
 * `middle`: what is left is the prompt's first half and its last, each of `tokens / 2`. `chunks`: the chunk in the middle
 * is left out until the others fit; of the last one its middle is cut.
 *
 * Sources: LongBench `pred.py`, `get_pred`; CacheBlend @55ad026 `example/blend_samsum.py`.
 *
 * @returns null when beginning and question alone leave no room for any context.
 */
export async function fitPrompt(
  prompt: ChunkedPrompt,
  budget: TokenBudget,
  tokens: number,
  by: CutBy,
): Promise<FittedPrompt | null> {
  let excess = (await budget.count(wholePrompt(prompt))) - tokens;
  if (excess <= 0) return { prompt, cutTokens: 0 };
  const before = await budget.count(contextOf(prompt));
  const beside = {
    prefix: await budget.count(prompt.prefix),
    question: await budget.count(prompt.question),
  };
  let target = tokens;
  for (let round = 1; round <= ROUNDS; round++) {
    if (target - beside.prefix - beside.question < 1) return null;
    const fitted = await cut(prompt, budget, target, beside, by);
    excess = (await budget.count(wholePrompt(fitted))) - tokens;
    if (excess <= 0) {
      const context = contextOf(fitted);
      if (context.trim() === "") return null;
      return { prompt: fitted, cutTokens: Math.max(1, before - (await budget.count(context))) };
    }
    target -= excess;
  }
  return null;
}

interface Beside {
  readonly prefix: number;
  readonly question: number;
}

async function cut(
  prompt: ChunkedPrompt,
  budget: TokenBudget,
  tokens: number,
  beside: Beside,
  by: CutBy,
): Promise<ChunkedPrompt> {
  if (by === "middle") return cutMiddle(prompt, budget, tokens, beside);
  const kept = (await dropMiddleChunks(prompt, budget, tokens - beside.prefix - beside.question)).prompt;
  if (kept.chunks.length > 0) return kept;
  // The first chunk is never left out, only cut.
  return cutMiddle({ ...prompt, chunks: prompt.chunks.slice(0, 1) }, budget, tokens, beside);
}

async function cutMiddle(
  prompt: ChunkedPrompt,
  budget: TokenBudget,
  tokens: number,
  { prefix, question }: Beside,
): Promise<ChunkedPrompt> {
  const room = tokens - prefix - question;
  const front = Math.min(room, Math.max(0, Math.floor(tokens / 2) - prefix));
  const begin = await firstTokens(prompt.chunks, budget, front, (text, count) =>
    budget.truncate(text, count),
  );
  const end = await firstTokens([...prompt.chunks].reverse(), budget, room - front, (text, count) =>
    lastTokens(text, budget, count),
  );
  return { ...prompt, chunks: [...begin, ...end.reverse()].filter((text) => text !== "") };
}

/** Texts from the first on, as long as they fit, and a part of the next. */
async function firstTokens(
  texts: readonly string[],
  budget: TokenBudget,
  tokens: number,
  part: (text: string, tokens: number) => Promise<string>,
): Promise<string[]> {
  const kept: string[] = [];
  let left = tokens;
  for (const text of texts) {
    if (left <= 0) break;
    const count = await budget.count(text);
    kept.push(count <= left ? text : await part(text, left));
    left -= count;
  }
  return kept;
}

async function lastTokens(text: string, budget: TokenBudget, tokens: number): Promise<string> {
  const whole = await budget.count(text);
  return text.slice((await budget.truncate(text, Math.max(0, whole - tokens))).length);
}
