import type { Server } from "../client/server.js";
import type { TextUsage } from "../domain/records/token-count.js";

/** Characters of the shorter text, and of the longer one: short enough that no server cuts it, shorter where one refuses. */
const SHORTER = 200;
const LONGER = [4_000, 2_000, 1_000];

/**
 * Corrects a counter that may not be the model's by the server's usage: sends two short requests that are not recorded, with
 * texts of the kind to be measured, not streamed if the server's streams have no usage. Does nothing if the server counts
 * itself, or reports no usage at all.
 *
 * @param sample gives about so many characters of that kind, new in each call.
 */
export async function correctCounter(
  server: Server,
  sample: (characters: number) => string,
  signal?: AbortSignal,
): Promise<void> {
  if (!server.tokens.wantsUsage) return;
  const shorter = await ask(server, sample(SHORTER), signal);
  if (shorter === null) return;
  for (const length of LONGER) {
    const longer = await ask(server, sample(length), signal);
    if (longer !== null) return server.tokens.correct(shorter, longer);
  }
}

/** The server's count of this text as a prompt; null if there is no answer, or none with usage. */
async function ask(server: Server, text: string, signal: AbortSignal | undefined): Promise<TextUsage | null> {
  const request = { maxTokens: 1, ...(signal && { signal }) };
  const messages = [{ role: "user", content: text } as const];
  const chatted = await server.chat({ messages, ...request });
  const hasNoChats = chatted.status === 404 || chatted.status === 405;
  const { outcome, prompt_tokens } = hasNoChats
    ? await server.complete({ prompt: text, ...request })
    : chatted;
  if (outcome !== "ok") return null;
  const promptTokens =
    prompt_tokens ?? (await server.promptTokens(hasNoChats ? { prompt: text } : { messages }));
  return promptTokens === null ? null : { text, promptTokens };
}
