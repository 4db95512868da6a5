import { timingSeconds } from "../../client/event/server-times.js";
import { reversedIds, storedPieces, wholeIds } from "../../domain/records/prompt-ids.js";
import { requireStored } from "../request/method.js";
import { NEXT_TO_EACH_OTHER } from "../request/prompt-ids.js";
import { type ChunkStore, commonBeginning } from "./chunk-store.js";

/**
 * The chunk store of the CacheBlend research fork behind `servers/cacheblend_vllm.py`: a prompt is sent as the ids of its
 * pieces, and chunks are named by their lengths, starting after BOS. The bridge computes chunks only if `collect` asks for
 * it, so a measured request can't hide a missing one. They are collected in reverse order, as for the embedded engine.
 */
export const forkChunks: ChunkStore = {
  choosesRatio: true,
  choosesTokens: false,
  keepsApart: true,
  joining: NEXT_TO_EACH_OTHER,
  async collect(method, server, ids, fields, signal) {
    const lengths = lengthsOf(storedPieces(ids));
    const collecting = reversedIds(ids);
    const completion = await server.complete({
      prompt: collecting,
      maxTokens: 1,
      body: { ...fields, cache: { method: "reuse", chunks: [...lengths].reverse(), collect: true } },
      ...(signal && { signal }),
    });
    requireStored(method, completion, server);
    return {
      collect_seconds: timingSeconds(completion, "collect_ms"),
      storedTokens: lengths.reduce((sum, length) => sum + length, 0),
      prefixTokens: commonBeginning(wholeIds(ids), collecting),
      foundTokens: completion.cached_tokens,
    };
  },
  request: (ids, recompute) => ({
    prompt: wholeIds(ids),
    body: {
      cache: {
        ...(recompute.of === "share"
          ? { method: "blend", recompute_ratio: recompute.ratio }
          : { method: "reuse" }),
        chunks: lengthsOf(storedPieces(ids)),
      },
    },
  }),
};

const lengthsOf = (pieces: readonly (readonly number[])[]): readonly number[] =>
  pieces.map(({ length }) => length);
