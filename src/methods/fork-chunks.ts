import type { Server } from "../client/server.js";
import type { ChunkedPrompt } from "../domain/chunked-prompt.js";
import { MethodRefused } from "../domain/errors.js";
import type { ChunkStore } from "./chunk-store.js";
import { requireStored } from "./require-stored.js";
import { timingSeconds } from "./timings.js";

/**
 * The chunk store of the CacheBlend research fork behind `servers/cacheblend_vllm.py`: pieces are tokenised each by
 * itself and posted as token ids, for a text's tokens at the seams are seldom the pieces' own. The bridge puts BOS before
 * them. It computes chunks only where `collect` asks for it, so a measured request can't hide a missing one.
 */
export const forkChunks: ChunkStore = {
  choosesRatio: true,
  async collect(method, server, prompt, signal) {
    const { ids, chunks } = await tokenised(method, server, prompt);
    const completion = await server.complete({
      prompt: ids,
      maxTokens: 1,
      body: { cache: { method: "reuse", chunks, collect: true } },
      ...(signal && { signal }),
    });
    requireStored(method, completion, server);
    return { collect_seconds: timingSeconds(completion, "collect_ms") };
  },
  async request(method, server, prompt, recomputeRatio) {
    const { ids, chunks } = await tokenised(method, server, prompt);
    const cache =
      recomputeRatio === 0
        ? { method: "reuse", chunks }
        : { method: "blend", recompute_ratio: recomputeRatio, chunks };
    return { prompt: ids, body: { cache } };
  },
};

/** The prompt's ids, and how many of them the prompt's beginning and every chunk have. */
async function tokenised(method: string, server: Server, { prefix, chunks, question }: ChunkedPrompt) {
  const ids: number[] = [];
  const lengths: number[] = [];
  for (const piece of [prefix, ...chunks, question]) {
    const own = await server.tokens.encode(piece);
    if (own === null) {
      throw new MethodRefused(method, `${server.url} gives no token ids: its POST /tokenize must work.`);
    }
    ids.push(...own);
    lengths.push(own.length);
  }
  return { ids, chunks: lengths.slice(0, -1).filter((length) => length > 0) };
}
