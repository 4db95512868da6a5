import { setTimeout as delay } from "node:timers/promises";
import { withServerCounters } from "../../client/server-counters.js";
import { largest } from "../../domain/extremes.js";
import { beginningIds, wholeIds } from "../../domain/records/prompt-ids.js";
import { requireStored } from "../request/method.js";
import { type ChunkStore, commonBeginning } from "./chunk-store.js";

/** Settings of LMCache that a client must know. */
export interface LmcacheOptions {
  /** The server's `LMCACHE_BLEND_SPECIAL_STR`, which stands between chunks; default `" # # "`. */
  readonly separator?: string;
  /**
   * Id of the token every prompt begins with, such as 1 for Mistral; null (default) for what the server's `/tokenize` puts
   * before a text, or in a chat for what its template begins with; none if neither is known.
   */
  readonly bosToken?: number | null;
  /** Wait after collecting, because LMCache stores asynchronously; default 1. */
  readonly settleSeconds?: number;
}

/**
 * LMCache's chunk store: pieces are tokenised separately, joined by the separator's ids, and sent as token ids, because a
 * whole text usually has other tokens at the seams. The recompute ratio is the server's `LMCACHE_BLEND_RECOMPUTE_RATIOS`; 0
 * is full KV reuse.
 *
 * The first chunk is served after the prompt's beginning, so that a prefix cache finds it too; the others alone.
 *
 * Source: LMCache `examples/blend_kv_v1` and docs.lmcache.ai `kv_cache_optimizations/blending`.
 *
 * @throws in a run, MethodRefused if the server does not store a chunk, or gives no token ids.
 * @example
 * const chunks = methods.lmcache({ bosToken: 1 });
 * methods.cacheBlend(server, { chunks }).name // "cacheblend"
 */
export function lmcacheChunks({
  separator = " # # ",
  bosToken = null,
  settleSeconds = 1,
}: LmcacheOptions = {}): ChunkStore {
  return {
    choosesRatio: false,
    choosesTokens: false,
    // LMCache in vLLM's process stores by tokens alone.
    keepsApart: false,
    joining: { separator, bosToken },
    async collect(method, server, prompt, fields, signal) {
      const beginning = beginningIds(prompt);
      const whole = wholeIds(prompt);
      const sent = prompt.chunks.map((chunk, index) => [...(index === 0 ? beginning : prompt.bos), ...chunk]);
      let collect_seconds = 0;
      let foundTokens: number | null = null;
      for (const [index, ids] of sent.entries()) {
        const { completion } = await withServerCounters(server, () =>
          server.complete({ prompt: ids, maxTokens: 1, body: fields, ...(signal && { signal }) }),
        );
        requireStored(method, completion, server);
        collect_seconds += completion.e2e_seconds ?? 0;
        if (index === 0) foundTokens = completion.cached_tokens;
      }
      await delay(settleSeconds * 1_000, undefined, signal && { signal });
      return {
        collect_seconds,
        storedTokens: whole.length - prompt.question.length,
        prefixTokens: Math.max(0, largest(sent.map((ids) => commonBeginning(ids, whole)))),
        foundTokens,
      };
    },
    request: (prompt) => ({ prompt: wholeIds(prompt) }),
  };
}
