import { cacheEvidence } from "../client/cache-evidence.js";
import { observed } from "../client/observed.js";
import type { Server } from "../client/server.js";
import { MethodRefused } from "../domain/errors.js";
import type { MethodName } from "../domain/method.js";
import type { ProfileName } from "../servers/profile.js";
import { barePieces } from "./bare-pieces.js";
import type { ChunkStore } from "./chunk-store.js";
import { engineChunks } from "./engine-chunks.js";
import { forkChunks } from "./fork-chunks.js";
import type { Method } from "./method.js";
import { promptDetail, timingSeconds } from "./timings.js";

/** Servers that store chunks in a way of their own. */
const RECOGNISED: ReadonlyMap<ProfileName, ChunkStore> = new Map([
  ["embedded-engine", engineChunks],
  ["cacheblend-bridge", forkChunks],
]);

/** A method that reuses chunks' KV wherever they stand, recomputing a share of it: 0 for none. */
export function chunkReuse(
  server: Server,
  name: MethodName,
  recomputeRatio: number,
  given: ChunkStore | undefined,
): Method {
  const title = name === "cacheblend" ? "CacheBlend" : "Full KV reuse";
  const storeOf = async (): Promise<ChunkStore> => {
    const store = given ?? RECOGNISED.get((await server.recognise()).profile.name);
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
    prepare: async (prompt, signal) =>
      (await storeOf()).collect(title, server, await barePieces(title, server, prompt), signal),
    async ask(prompt, { signal, ...asked }) {
      const pieces = await barePieces(title, server, prompt);
      const request = await (await storeOf()).request(title, server, pieces, recomputeRatio);
      const { completion } = await observed(server, () =>
        server.complete({ ...request, ...asked, ...(signal && { signal }) }),
      );
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
