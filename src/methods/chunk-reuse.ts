import { cacheEvidence } from "../client/cache-evidence.js";
import type { Server } from "../client/server.js";
import { MethodRefused } from "../domain/errors.js";
import type { MethodName } from "../domain/method.js";
import type { ChunkStore } from "./chunk-store.js";
import { engineChunks } from "./engine-chunks.js";
import { forkChunks } from "./fork-chunks.js";
import type { Method } from "./method.js";
import { promptDetail, timingSeconds } from "./timings.js";

/** Servers that say in their list of models how they store chunks. */
const RECOGNISED: ReadonlyMap<string, ChunkStore> = new Map([
  ["firsttoken", engineChunks],
  ["firsttoken-cacheblend-bridge", forkChunks],
]);

/** A method that reuses chunks' KV wherever they stand, recomputing a share of it: 0 for none. */
export function chunkReuse(
  server: Server,
  name: MethodName,
  recomputeRatio: number,
  given: ChunkStore | undefined,
): Method {
  const title = name === "cacheblend" ? "CacheBlend" : "Full KV reuse";
  const storeOf = (): ChunkStore => {
    const store = given ?? (server.ownedBy === null ? undefined : RECOGNISED.get(server.ownedBy));
    if (store !== undefined) return store;
    throw new MethodRefused(
      title,
      `nothing ${server.url} says shows that it caches chunks each by itself. If it is vLLM with LMCache's blending, ` +
        "say so with { chunks: methods.lmcache() }; prefix caching alone can't do it.",
    );
  };
  return {
    name,
    recomputeRatio,
    server,
    prepare: async (prompt, signal) => storeOf().collect(title, server, prompt, signal),
    async ask(prompt, { maxTokens, signal }) {
      const request = await storeOf().request(title, server, prompt, recomputeRatio);
      const completion = await server.complete({ ...request, maxTokens, ...(signal && { signal }) });
      return {
        completion,
        columns: {
          method: name,
          recompute_ratio: recomputeRatio,
          load_seconds: timingSeconds(completion, "load_ms"),
          recomputed_tokens: promptDetail(completion, "recomputed_tokens"),
        },
        ...cacheEvidence({
          cacheState: "warm",
          cachedTokens: completion.cached_tokens,
          promptTokens: completion.prompt_tokens,
          templateTokens: 0,
          source: completion.cached_tokens_source,
        }),
      };
    },
  };
}
