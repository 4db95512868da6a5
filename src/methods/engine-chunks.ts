import type { Server } from "../client/server.js";
import { type ChunkedPrompt, wholePrompt } from "../domain/chunked-prompt.js";
import { type ChunkStore, commonBeginning } from "./chunk-store.js";
import { requireStored } from "./require-stored.js";
import { timingSeconds } from "./timings.js";
import { tokenIds } from "./token-ids.js";

/**
 * The embedded engine's chunk store: a request's `cache` field names the method and the length of every chunk.
 *
 * Chunks are collected in the opposite order: each is computed alone all the same, and what collecting leaves in a cache
 * of prefixes is no beginning of the measured prompt.
 */
export const engineChunks: ChunkStore = {
  choosesRatio: true,
  keepsApart: true,
  async collect(method, server, prompt, fields, signal) {
    const { prefix, chunks } = prompt;
    const pieces = [prefix, ...chunks].reverse();
    const collecting = { prefix: "", chunks: pieces, question: prompt.question };
    const lengths = await lengthsOf(server, collecting);
    const completion = await server.complete({
      prompt: wholePrompt(collecting),
      maxTokens: 1,
      body: { ...fields, cache: { method: "reuse", chunks: lengths } },
      ...(signal && { signal }),
    });
    requireStored(method, completion, server);
    const ids = (text: string) => tokenIds(method, server, text);
    return {
      collect_seconds: timingSeconds(completion, "collect_ms"),
      storedTokens: lengths.reduce((sum, length) => sum + length, 0),
      prefixTokens: commonBeginning(await ids(wholePrompt(prompt)), await ids(wholePrompt(collecting))),
      foundTokens: completion.cached_tokens,
    };
  },
  async request(_method, server, prompt, recomputeRatio) {
    return {
      prompt: wholePrompt(prompt),
      body: { cache: cacheField(recomputeRatio, await lengthsOf(server, prompt)) },
    };
  },
};

/** The field `cache` of a measured request; the bridge's is the same. */
export const cacheField = (recomputeRatio: number, chunks: readonly number[]) =>
  recomputeRatio === 0
    ? { method: "reuse", chunks }
    : { method: "blend", recompute_ratio: recomputeRatio, chunks };

/** The tokens of the prompt's beginning and of every chunk; what has none is none. */
async function lengthsOf({ tokens }: Server, { prefix, chunks }: ChunkedPrompt): Promise<number[]> {
  const lengths: number[] = [];
  for (const piece of [prefix, ...chunks]) lengths.push(await tokens.count(piece));
  return lengths.filter((length) => length > 0);
}
