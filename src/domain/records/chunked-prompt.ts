import type { PromptIds } from "./prompt-ids.js";
import type { PromptFormat } from "./words.js";

/**
 * A prompt in the pieces that KV reuse works on: a beginning common to all requests, chunks that are cached separately, and a
 * question that is always computed. Joined in this order they are the whole prompt.
 */
export interface ChunkedPrompt {
  readonly prefix: string;
  readonly chunks: readonly string[];
  readonly question: string;
  /** Left out: `completions`. */
  readonly format?: PromptFormat;
  /** Ids before the first piece, which a prompt of ids must contain; a server puts them before a text itself. */
  readonly bos?: readonly number[];
  /** Its ids, if all methods of a comparison send these instead of its text. */
  readonly ids?: PromptIds;
}

/** The chunks as one text: what `context_tokens` counts. */
export const contextOf = ({ chunks }: ChunkedPrompt): string => chunks.join("");

/** The whole prompt as one text. */
export function wholePrompt({ prefix, chunks, question }: ChunkedPrompt): string {
  return [prefix, ...chunks, question].join("");
}
