import type { Server } from "../../client/server.js";
import { MethodRefused } from "../../domain/errors/errors.js";
import type { ChunkedPrompt } from "../../domain/records/chunked-prompt.js";

/**
 * The ids of a text.
 *
 * @throws MethodRefused where the server gives none.
 */
export async function tokenIds(
  method: string,
  { tokens, url }: Server,
  text: string,
): Promise<readonly number[]> {
  const ids = await tokens.encode(text);
  if (ids !== null) return ids;
  throw new MethodRefused(
    method,
    `${url} gives no token ids: its POST /tokenize must work, for text prompts seldom hit.`,
  );
}

/** The ids of a prompt's beginning and of every chunk, of those that have any, and of the question, each by itself. */
export async function pieceIds(method: string, server: Server, { prefix, chunks, question }: ChunkedPrompt) {
  const pieces: (readonly number[])[] = [];
  for (const piece of [prefix, ...chunks]) pieces.push(await tokenIds(method, server, piece));
  return {
    pieces: pieces.filter(({ length }) => length > 0),
    question: await tokenIds(method, server, question),
  };
}
