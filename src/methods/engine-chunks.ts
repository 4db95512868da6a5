import type { Server } from "../client/server.js";
import { type ChunkedPrompt, wholePrompt } from "../domain/chunked-prompt.js";
import type { ChunkStore } from "./chunk-store.js";
import { requireStored } from "./require-stored.js";
import { timingSeconds } from "./timings.js";

/** The embedded engine's chunk store: a request's `cache` field names the method and the length of every chunk. */
export const engineChunks: ChunkStore = {
  choosesRatio: true,
  async collect(method, server, prompt, signal) {
    const completion = await server.complete({
      prompt: wholePrompt(prompt),
      maxTokens: 1,
      body: { cache: { method: "reuse", chunks: await lengthsOf(server, prompt) } },
      ...(signal && { signal }),
    });
    requireStored(method, completion, server);
    return { collect_seconds: timingSeconds(completion, "collect_ms") };
  },
  async request(_method, server, prompt, recomputeRatio) {
    const chunks = await lengthsOf(server, prompt);
    const cache =
      recomputeRatio === 0
        ? { method: "reuse", chunks }
        : { method: "blend", recompute_ratio: recomputeRatio, chunks };
    return { prompt: wholePrompt(prompt), body: { cache } };
  },
};

/** The tokens of the prompt's beginning, where it has one, and of every chunk. */
async function lengthsOf({ tokens }: Server, { prefix, chunks }: ChunkedPrompt): Promise<number[]> {
  const lengths: number[] = [];
  for (const piece of prefix === "" ? chunks : [prefix, ...chunks]) lengths.push(await tokens.count(piece));
  return lengths;
}
