import type { ChatTemplate } from "../../client/server/facts.js";
import type { Server } from "../../client/server.js";
import { MethodRefused } from "../../domain/errors/errors.js";
import type { ChunkedPrompt } from "../../domain/records/chunked-prompt.js";
import type { PromptIds } from "../../domain/records/prompt-ids.js";
import { fillerIds, missingTokens } from "./chunk-grid.js";

/** How separately tokenised pieces are joined into one prompt. */
export interface Joining {
  /**
   * What is put after each piece: a text's ids, "" for none; or filler, so that every chunk begins at a multiple of
   * `chunkTokens`, and none at 0.
   */
  readonly behind: { readonly separator: string } | { readonly chunkTokens: number };
  /** Id of the token every prompt begins with; null for what the server itself puts before a text. */
  readonly bosToken: number | null;
}

/** The pieces' ids, joined. */
export const NEXT_TO_EACH_OTHER: Joining = { behind: { separator: "" }, bosToken: null };

/**
 * A prompt's ids, each piece tokenised separately by its server; for a chat with its template around them.
 *
 * @throws MethodRefused if the server gives no ids, or does not render the template of a chat.
 */
export async function promptIds(
  method: string,
  server: Server,
  prompt: ChunkedPrompt,
  { behind, bosToken }: Joining,
): Promise<PromptIds> {
  const bare = await barePieces(method, server, prompt);
  const idsOf = (text: string) => tokenIds(method, server, text);
  const bos = bosToken === null ? (bare.bos ?? (await server.promptBeginning()) ?? []) : [bosToken];
  const prefix = await idsOf(bare.prefix);
  const chunks: (readonly number[])[] = [];
  for (const chunk of bare.chunks) chunks.push(await idsOf(chunk));
  const question = await idsOf(bare.question);
  const pieces = { bos, prefix, chunks, question };
  if ("separator" in behind) {
    const separator = await idsOf(behind.separator);
    return {
      ...pieces,
      behind: { prefix: prefix.length === 0 ? [] : separator, chunks: chunks.map(() => separator) },
    };
  }
  const missing = missingTokens(pieces, behind.chunkTokens);
  const ends: (readonly number[])[] = [];
  for (const [index, text] of bare.chunks.entries())
    ends.push(await fillerIds(method, idsOf, text, missing.chunks[index]!));
  return {
    ...pieces,
    behind: { prefix: await fillerIds(method, idsOf, bare.prefix, missing.prefix), chunks: ends },
  };
}

/**
 * The ids of a text.
 *
 * @throws MethodRefused if the server gives none.
 */
export async function tokenIds(
  method: string,
  { tokens, url }: Server,
  text: string,
): Promise<readonly number[]> {
  if (text === "") return [];
  const ids = await tokens.encode(text);
  if (ids !== null) return ids;
  throw new MethodRefused(
    method,
    `${url} gives no token ids: its POST /tokenize must work. Chunks are kept apart as ids, because text prompts seldom hit, ` +
      "and methods compared with them post the same ids.",
  );
}

/**
 * A prompt's pieces as the model reads them, to be sent bare: for a chat, the template's head comes before the first and its
 * tail after the last, so that the chunks between them stay apart.
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
    `${server.url} does not render its chat template, so chunks can't be kept apart in a chat; use --prompt_format completions (format: "completions").`,
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

/** Trims white space from the beginning of a text in pieces; if a piece is only white space, the next is trimmed too. */
function trim(pieces: string[], taken: (text: string) => string): string[] {
  for (const [index, piece] of pieces.entries()) {
    pieces[index] = taken(piece);
    if (pieces[index] !== "") break;
  }
  return pieces;
}
