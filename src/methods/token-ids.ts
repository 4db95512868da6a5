import type { Server } from "../client/server.js";
import { MethodRefused } from "../domain/errors.js";

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
