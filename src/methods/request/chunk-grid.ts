import { MethodRefused } from "../../domain/errors/errors.js";
import type { PromptIds } from "../../domain/records/prompt-ids.js";
import { fillerWords } from "../../prompts/filler.js";
import { random } from "../../stats/random.js";

/**
 * How many tokens of filler each piece needs behind it so that every chunk begins and ends where a block does. Nothing but the
 * beginning is in the first block, which caches of blocks keep by its place alone.
 *
 * @example missingTokens({ bos: [1], prefix: [2, 3], chunks: [[4, 5, 6, 7, 8], []] }, 4) // { prefix: 1, chunks: [3, 0] }
 */
export function missingTokens(
  { bos, prefix, chunks }: Pick<PromptIds, "bos" | "prefix" | "chunks">,
  blockTokens: number,
): { readonly prefix: number; readonly chunks: readonly number[] } {
  const upTo = (tokens: number) => Math.ceil(tokens / blockTokens) * blockTokens - tokens;
  const beginning = bos.length + prefix.length;
  return {
    prefix: beginning === 0 ? blockTokens : upTo(beginning),
    chunks: chunks.map(({ length }) => upTo(length)),
  };
}

/**
 * The ids of a filler that is a text's own: the same wherever the text stands, and no other text's.
 *
 * @throws MethodRefused where so many words have fewer tokens.
 */
export async function fillerIds(
  method: string,
  idsOf: (text: string) => Promise<readonly number[]>,
  text: string,
  tokens: number,
): Promise<readonly number[]> {
  if (tokens === 0) return [];
  const ids = await idsOf(`${fillerWords(random(text).fork("filler"), tokens)}\n\n`);
  if (ids.length >= tokens) return ids.slice(0, tokens);
  throw new MethodRefused(
    method,
    `a filler of ${tokens} words has ${ids.length} tokens, so chunks can't be filled up to whole blocks: name the model's own ` +
      "tokenizer.json (--tokenizer, tokenizer), or fix the server's /tokenize.",
  );
}
