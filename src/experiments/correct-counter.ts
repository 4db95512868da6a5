import type { Server } from "../client/server.js";
import type { TextUsage } from "../tokens/token-counter.js";

/** Characters of the shorter text, and of the longer one: short enough that no server cuts it, shorter where one refuses. */
const SHORTER = 200;
const LONGER = [4_000, 2_000, 1_000];

/**
 * Sets a counter that may not be the model's right by the server's usage: two short requests that nobody counts, whose
 * texts are of the kind that is measured, and the same in one piece where its streams tell no usage. Nothing happens where
 * the server counts, or tells no usage at all.
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

/** The server's count of a prompt that is this text; null where it has no answer to it, or none with usage. */
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
