import { timingSeconds } from "../../client/event/server-times.js";
import type { Server } from "../../client/server.js";
import type { JsonObject } from "../../domain/json.js";
import { reversedIds, storedPieces, wholeIds } from "../../domain/records/prompt-ids.js";
import { requireStored } from "../request/method.js";
import { NEXT_TO_EACH_OTHER } from "../request/prompt-ids.js";
import { type ChunkStore, commonBeginning } from "./chunk-store.js";
import type { Recompute } from "./recompute.js";

/**
 * The embedded engine's chunk store: a request's `cache` field names the method and the ids of every chunk. The prompt is
 * sent as the ids of its pieces.
 *
 * Chunks are collected in reverse order: each is still computed alone, and what collecting leaves in a prefix cache is not a
 * beginning of the measured prompt.
 */
export const engineChunks: ChunkStore = {
  choosesRatio: true,
  choosesTokens: true,
  refusalOf,
  keepsApart: true,
  joining: NEXT_TO_EACH_OTHER,
  async collect(method, server, ids, fields, signal) {
    const pieces = storedPieces(ids);
    const collecting = reversedIds(ids);
    const completion = await server.complete({
      prompt: collecting,
      maxTokens: 1,
      body: { ...fields, cache: { method: "reuse", chunks: [...pieces].reverse() } },
      ...(signal && { signal }),
    });
    requireStored(method, completion, server);
    return {
      collect_seconds: timingSeconds(completion, "collect_ms"),
      storedTokens: pieces.flat().length,
      prefixTokens: commonBeginning(wholeIds(ids), collecting),
      foundTokens: completion.cached_tokens,
    };
  },
  request: (ids, recompute) => ({
    prompt: wholeIds(ids),
    body: { cache: { ...engineField(recompute), chunks: storedPieces(ids) } },
  }),
};

/** Why the engine does not accept a request's cache field, in its own words; null if it does. */
async function refusalOf(server: Server, recompute: Recompute): Promise<string | null> {
  if (recompute.of !== "share" || recompute.choice.checkLayer === 1) return null;
  const { outcome, error } = await server.complete({
    prompt: [0],
    maxTokens: 1,
    body: { cache: { ...engineField(recompute), chunks: [] } },
  });
  return outcome === "ok" ? null : error;
}

const engineField = (recompute: Recompute): JsonObject => {
  switch (recompute.of) {
    case "nothing":
      return { method: "reuse" };
    case "beginnings":
      return { method: "epic", tokens_per_chunk: recompute.tokensPerChunk };
    case "share": {
      const { selector, checkLayer: check_layer, filtering } = recompute.choice;
      return { method: "blend", recompute_ratio: recompute.ratio, selector, check_layer, filtering };
    }
  }
};
