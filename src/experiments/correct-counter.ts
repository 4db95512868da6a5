import type { Server } from "../client/server.js";

/** Characters of the two texts: short ones, so that no server cuts them. */
const LENGTHS = [200, 4_000] as const;

/**
 * Sets a counter that may not be the model's right by the server's usage: two short requests that nobody counts, whose
 * texts are of the kind that is measured. Nothing happens where the server counts, or tells no usage.
 *
 * @param sample gives about so many characters of that kind, new in each call.
 */
export async function correctCounter(
  server: Server,
  sample: (characters: number) => string,
  signal?: AbortSignal,
): Promise<void> {
  if (!server.tokens.wantsUsage) return;
  const usages: { readonly text: string; readonly promptTokens: number }[] = [];
  for (const length of LENGTHS) {
    const text = sample(length);
    const request = { maxTokens: 1, ...(signal && { signal }) };
    const chatted = await server.chat({ messages: [{ role: "user", content: text }], ...request });
    const completion =
      chatted.outcome === "ok" ? chatted : await server.complete({ prompt: text, ...request });
    if (completion.outcome !== "ok" || completion.prompt_tokens === null) return;
    usages.push({ text, promptTokens: completion.prompt_tokens });
  }
  await server.tokens.correct(usages[0]!, usages[1]!);
}
