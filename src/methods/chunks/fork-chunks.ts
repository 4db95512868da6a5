import { requireStored, timingSeconds } from "../request/method.js";
import { type ChunkStore, commonBeginning } from "./chunk-store.js";
import { cacheField } from "./engine-chunks.js";
import { pieceIds } from "./pieces.js";

/**
 * The chunk store of the CacheBlend research fork behind `servers/cacheblend_vllm.py`: pieces are tokenised each by
 * itself and posted as token ids, for a text's tokens at the seams are seldom the pieces' own. The bridge puts BOS before
 * them. It computes chunks only where `collect` asks for it, so a measured request can't hide a missing one. They are
 * collected in the opposite order, as at the embedded engine.
 */
export const forkChunks: ChunkStore = {
  choosesRatio: true,
  keepsApart: true,
  async collect(method, server, prompt, fields, signal) {
    const { pieces, question } = await pieceIds(method, server, prompt);
    const reversed = [...pieces].reverse();
    const completion = await server.complete({
      prompt: [...reversed.flat(), ...question],
      maxTokens: 1,
      body: { ...fields, cache: { method: "reuse", chunks: lengthsOf(reversed), collect: true } },
      ...(signal && { signal }),
    });
    requireStored(method, completion, server);
    return {
      collect_seconds: timingSeconds(completion, "collect_ms"),
      storedTokens: pieces.flat().length,
      prefixTokens: commonBeginning([...pieces.flat(), ...question], [...reversed.flat(), ...question]),
      foundTokens: completion.cached_tokens,
    };
  },
  async request(method, server, prompt, recomputeRatio) {
    const { pieces, question } = await pieceIds(method, server, prompt);
    return {
      prompt: [...pieces.flat(), ...question],
      body: { cache: cacheField(recomputeRatio, lengthsOf(pieces)) },
    };
  },
};

const lengthsOf = (pieces: readonly (readonly number[])[]): number[] => pieces.map(({ length }) => length);
