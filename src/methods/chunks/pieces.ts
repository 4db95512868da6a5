import type { ChatTemplate } from "../../client/server/chat-template.js";
import type { Server } from "../../client/server.js";
import { MethodRefused } from "../../domain/errors/errors.js";
import type { ChunkedPrompt } from "../../domain/records/chunked-prompt.js";

/**
 * A prompt's pieces as the model reads them, to be posted bare: of a chat the template's head stands before the first
 * and its tail behind the last, so that the chunks between them stay apart.
 *
 * @throws MethodRefused for a chat whose template the server does not render.
 */
export async function barePieces(
  method: string,
  server: Server,
  prompt: ChunkedPrompt,
): Promise<ChunkedPrompt> {
  const { format, ...pieces } = prompt;
  if (format !== "chat") return prompt;
  const template = await server.chatTemplate();
  if (template !== null) return inTemplate(pieces, template);
  throw new MethodRefused(
    method,
    `${server.url} does not render its chat template, so chunks can't be kept apart in a chat; ask with format completions.`,
  );
}

/** Pieces with a template around them. */
export function inTemplate(
  { prefix, chunks, question }: ChunkedPrompt,
  { bos, head, tail, trims }: ChatTemplate,
): ChunkedPrompt {
  const pieces = [prefix, ...chunks, question];
  if (trims.start) trim(pieces, (text) => text.trimStart());
  if (trims.end) trim(pieces.reverse(), (text) => text.trimEnd()).reverse();
  return {
    prefix: `${head}${pieces[0]}`,
    chunks: pieces.slice(1, -1),
    question: `${pieces.at(-1)}${tail}`,
    bos,
  };
}

/** Takes white space off the beginning of a text in pieces: a piece of nothing else leaves the next to do. */
function trim(pieces: string[], taken: (text: string) => string): string[] {
  for (const [index, piece] of pieces.entries()) {
    pieces[index] = taken(piece);
    if (pieces[index] !== "") break;
  }
  return pieces;
}

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
