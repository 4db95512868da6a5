import type { Server } from "../client/server.js";
import { type ChunkedPrompt, wholePrompt } from "../domain/chunked-prompt.js";

/**
 * The tokens that stand before a prompt's own text: of a bare prompt none, of a chat its template's head. Where the
 * server does not render its template, all that its usage counts beyond the text: no more can stand before it.
 */
export async function headTokens(
  server: Server,
  prompt: ChunkedPrompt,
  promptTokens: number | null,
): Promise<number> {
  if (prompt.format !== "chat") return 0;
  const template = await server.chatTemplate();
  if (template !== null) return template.bos.length + (await server.tokens.count(template.head));
  return Math.max(0, (promptTokens ?? 0) - (await server.tokens.count(wholePrompt(prompt))));
}
