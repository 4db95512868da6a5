import { type PromptIds, wholeIds } from "../../domain/records/prompt-ids.js";
import { requireStored, timingSeconds } from "../request/method.js";
import { NEXT_TO_EACH_OTHER } from "../request/prompt-ids.js";
import { type ChunkStore, commonBeginning } from "./chunk-store.js";

/**
 * The embedded engine's chunk store: a request's `cache` field names the method and the ids of every chunk. The prompt is
 * posted as the ids of its pieces.
 *
 * Chunks are collected in the opposite order: each is computed alone all the same, and what collecting leaves in a cache
 * of prefixes is no beginning of the measured prompt.
 */
export const engineChunks: ChunkStore = {
  choosesRatio: true,
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
  request: (ids, recomputeRatio) => ({
    prompt: wholeIds(ids),
    body: { cache: cacheField(recomputeRatio, storedPieces(ids)) },
  }),
};

/** The pieces that are stored, of those that have tokens: the prompt's beginning and every chunk. */
export const storedPieces = ({ prefix, chunks }: PromptIds): readonly (readonly number[])[] =>
  [prefix, ...chunks].filter(({ length }) => length > 0);

/** A prompt of the same pieces in the opposite order, with the question behind them. */
export const reversedIds = (ids: PromptIds): readonly number[] => [
  ...ids.bos,
  ...storedPieces(ids).toReversed().flat(),
  ...ids.question,
];

/** The field `cache` of a measured request, with what names the chunks; the bridge's is the same. */
export const cacheField = <T>(recomputeRatio: number, chunks: T) =>
  recomputeRatio === 0
    ? { method: "reuse", chunks }
    : { method: "blend", recompute_ratio: recomputeRatio, chunks };
