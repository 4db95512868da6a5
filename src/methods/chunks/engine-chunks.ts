import { requireStored, timingSeconds } from "../request/method.js";
import { type ChunkStore, commonBeginning } from "./chunk-store.js";
import { pieceIds } from "./pieces.js";

/**
 * The embedded engine's chunk store: a request's `cache` field names the method and the ids of every chunk. The prompt is
 * posted as the ids of its pieces, for a text's tokens at the seams are seldom the pieces' own; the engine puts BOS
 * before them where its model has one.
 *
 * Chunks are collected in the opposite order: each is computed alone all the same, and what collecting leaves in a cache
 * of prefixes is no beginning of the measured prompt.
 */
export const engineChunks: ChunkStore = {
  choosesRatio: true,
  keepsApart: true,
  async collect(method, server, prompt, fields, signal) {
    const { pieces, question } = await pieceIds(method, server, prompt);
    const reversed = [...pieces].reverse();
    const collecting = [...reversed.flat(), ...question];
    const completion = await server.complete({
      prompt: collecting,
      maxTokens: 1,
      body: { ...fields, add_special_tokens: true, cache: { method: "reuse", chunks: reversed } },
      ...(signal && { signal }),
    });
    requireStored(method, completion, server);
    return {
      collect_seconds: timingSeconds(completion, "collect_ms"),
      storedTokens: pieces.flat().length,
      prefixTokens: commonBeginning([...pieces.flat(), ...question], collecting),
      foundTokens: completion.cached_tokens,
    };
  },
  async request(method, server, prompt, recomputeRatio) {
    const { pieces, question } = await pieceIds(method, server, prompt);
    return {
      prompt: [...pieces.flat(), ...question],
      body: { add_special_tokens: true, cache: cacheField(recomputeRatio, pieces) },
    };
  },
};

/** The field `cache` of a measured request, with what names the chunks; the bridge's is the same. */
export const cacheField = <T>(recomputeRatio: number, chunks: T) =>
  recomputeRatio === 0
    ? { method: "reuse", chunks }
    : { method: "blend", recompute_ratio: recomputeRatio, chunks };
