import { setTimeout as delay } from "node:timers/promises";
import type { Server } from "../client/server.js";
import type { ChunkedPrompt } from "../domain/chunked-prompt.js";
import { MethodRefused } from "../domain/errors.js";
import type { ChunkStore } from "./chunk-store.js";
import { requireStored } from "./require-stored.js";

/** How LMCache is set up, as far as a client must know it. */
export interface LmcacheOptions {
  /** `LMCACHE_BLEND_SPECIAL_STR`; default `" # # "`. */
  readonly separator?: string;
  /**
   * Id of the token every prompt begins with, such as 1 for Mistral; null (default) for models without one, and in a chat
   * for the one its template has.
   */
  readonly bosToken?: number | null;
  /** Wait after collecting, for LMCache stores asynchronously; default 1. */
  readonly settleSeconds?: number;
}

/**
 * LMCache's chunk store: pieces tokenised each by itself and joined by the separator's ids, posted as token ids,
 * for a text's tokens at the seams are seldom the pieces' own. The recompute ratio is the server's
 * `LMCACHE_BLEND_RECOMPUTE_RATIOS`; 0 is full KV reuse.
 *
 * Source: LMCache `examples/blend_kv_v1` and docs.lmcache.ai `kv_cache_optimizations/blending`.
 */
export function lmcacheChunks({
  separator = " # # ",
  bosToken = null,
  settleSeconds = 1,
}: LmcacheOptions = {}): ChunkStore {
  const bosOf = (prompt: ChunkedPrompt) => (bosToken === null ? (prompt.bos ?? []) : [bosToken]);
  const idsOf = async (method: string, { tokens, url }: Server, text: string): Promise<readonly number[]> => {
    const ids = await tokens.encode(text);
    if (ids !== null) return ids;
    throw new MethodRefused(
      method,
      `${url} gives no token ids: its POST /tokenize must work, for text prompts seldom hit.`,
    );
  };
  /** Ids of the beginning and the separator, which stand before the first chunk. */
  const opening = async (method: string, server: Server, prompt: ChunkedPrompt) => {
    const between = await idsOf(method, server, separator);
    const prefix = await idsOf(method, server, prompt.prefix);
    const bos = bosOf(prompt);
    return { between, begin: prefix.length === 0 ? bos : [...bos, ...prefix, ...between] };
  };
  return {
    choosesRatio: false,
    async collect(method, server, prompt, signal) {
      const { begin } = await opening(method, server, prompt);
      let collect_seconds = 0;
      for (const [index, chunk] of prompt.chunks.entries()) {
        const ids = await idsOf(method, server, chunk);
        const completion = await server.complete({
          prompt: index === 0 ? [...begin, ...ids] : [...bosOf(prompt), ...ids],
          maxTokens: 1,
          ...(signal && { signal }),
        });
        requireStored(method, completion, server);
        collect_seconds += completion.total_seconds ?? 0;
      }
      await delay(settleSeconds * 1_000, undefined, signal && { signal });
      return { collect_seconds };
    },
    async request(method, server, prompt) {
      const { between, begin } = await opening(method, server, prompt);
      const ids = [...begin];
      for (const chunk of prompt.chunks) ids.push(...(await idsOf(method, server, chunk)), ...between);
      ids.push(...(await idsOf(method, server, prompt.question)));
      return { prompt: ids };
    },
  };
}
