import type { ChunkedPrompt } from "../../domain/records/chunked-prompt.js";
import type { Method } from "../../methods/request/method.js";
import { nonceLine } from "../../prompts/filler.js";
import { median } from "../../stats/quantile.js";
import type { Random } from "../../stats/random.js";
import type { PromptTokens } from "./prompt-tokens.js";

/** A prompt with a line of its own before its first word, for one request of a method. */
export type WithFirstLine = (method: Method, prompt: ChunkedPrompt) => Promise<ChunkedPrompt>;

/** Odd, so that one of them has the median length. */
const TRIED = 5;
/** Among so many lines there is one of that length, though it be one in twenty. */
const MOST_DRAWN = 256;

/**
 * Puts lines before prompts that no prompt has begun with. Of one prompt all have the same number of tokens, where the
 * server counts them: methods that are asked prompts which differ in this line alone are asked equally long ones.
 */
export function firstLines(source: Random, posted: PromptTokens): WithFirstLine {
  const lengths = new WeakMap<ChunkedPrompt, Promise<number>>();
  const draw = (prompt: ChunkedPrompt): ChunkedPrompt => ({
    ...prompt,
    prefix: nonceLine(source) + prompt.prefix,
  });
  const lengthOf = async (method: Method, { prefix, format }: ChunkedPrompt): Promise<number> => {
    const beginning = { prefix, chunks: [], question: "", ...(format && { format }) };
    const { ids } = await posted.of(method, beginning);
    return ids?.prefix.length ?? method.server.tokens.count(prefix);
  };
  const usualLength = async (method: Method, prompt: ChunkedPrompt): Promise<number> => {
    const found: number[] = [];
    for (let tried = 0; tried < TRIED; tried++) found.push(await lengthOf(method, draw(prompt)));
    return median(found);
  };
  return async (method, prompt) => {
    let drawn = draw(prompt);
    if (!method.server.tokens.exact) return drawn;
    const usual = lengths.get(prompt) ?? usualLength(method, prompt);
    lengths.set(prompt, usual);
    for (let count = 1; count < MOST_DRAWN; count++) {
      if ((await lengthOf(method, drawn)) === (await usual)) break;
      drawn = draw(prompt);
    }
    return drawn;
  };
}
