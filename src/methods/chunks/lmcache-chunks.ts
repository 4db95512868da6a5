import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { withServerCounters } from "../../client/server-counters.js";
import { MethodRefused, OptionError } from "../../domain/errors/errors.js";
import { checkOptions, MOST_CONTEXT_TOKENS, wholeNumber } from "../../domain/errors/options.js";
import { largest } from "../../domain/extremes.js";
import {
  beginningIds,
  chunksWithEnds,
  chunkTokens as documentTokens,
  type PromptIds,
  wholeIds,
} from "../../domain/records/prompt-ids.js";
import { LMCACHE_PROTOCOLS, type LmcacheProtocol } from "../request/lmcache-protocol.js";
import { requireStored } from "../request/method.js";
import type { Joining } from "../request/prompt-ids.js";
import { type ChunkStore, commonBeginning } from "./chunk-store.js";

/** Settings of LMCache that a client must know. */
export interface LmcacheOptions {
  /**
   * `separator` (default): LMCache in vLLM's process (`LMCACHE_ENABLE_BLENDING`). `chunks`: LMCache's own server
   * (`lmcache server --engine-type blend`), which finds whole KV chunks by their content; every document is filled up to whole ones.
   */
  readonly protocol?: LmcacheProtocol;
  /** The server's `LMCACHE_BLEND_SPECIAL_STR`, which separates chunks; default `" # # "`. With `separator` only. */
  readonly separator?: string;
  /** Tokens of the server's KV chunks, its `--chunk-size`; default 256. With `chunks` only. */
  readonly chunkTokens?: number;
  /**
   * Id of the token every prompt begins with, such as 1 for Mistral; null (default) for what the server's `/tokenize` puts
   * before a text, or in a chat for what its template begins with; none if neither is known.
   */
  readonly bosToken?: number | null;
  /** Wait after collecting, because LMCache stores asynchronously; default 1. */
  readonly settleSeconds?: number;
}

const schema = z.strictObject({
  protocol: z.enum(LMCACHE_PROTOCOLS, `must be one of ${LMCACHE_PROTOCOLS.join(", ")}`).default("separator"),
  separator: z.string("must be a text").optional(),
  chunkTokens: wholeNumber(1, MOST_CONTEXT_TOKENS).optional(),
  bosToken: wholeNumber(0).nullable().default(null),
  settleSeconds: z.number("must be a number").min(0, "must be at least 0").default(1),
});

/**
 * LMCache's chunk store: pieces are tokenised separately and sent as token ids, because a whole text usually has other tokens
 * at the seams. The recompute ratio is the server's `LMCACHE_BLEND_RECOMPUTE_RATIOS`; 0 is full KV reuse.
 *
 * With the protocol `separator`, the pieces are joined by the separator's ids. The first chunk is served after the prompt's
 * beginning, so that a prefix cache finds it too; the others alone. With `chunks`, the beginning with the template's own tokens
 * and every document are filled up to whole KV chunks, each with filler of its own. Every document is served after that
 * beginning, because LMCache does not find a prompt's first KV chunk by its content. The filler counts in `prompt_tokens`, not in
 * `context_tokens`.
 *
 * Source: LMCache `examples/blend_kv_v1`, docs.lmcache.ai `kv_cache_optimizations/blending`; for `chunks`
 * `lmcache/v1/multiprocess/modules/blend`, `matcher.py` and `store.py`.
 *
 * @throws OptionError for a wrong option; in a run, MethodRefused if the server does not store a chunk or gives no token ids, or
 * if the documents are shorter than one KV chunk.
 * @example
 * const chunks = methods.lmcache({ protocol: "chunks", chunkTokens: 256 });
 * methods.cacheBlend(server, { chunks }).name // "cacheblend"
 */
export function lmcacheChunks(options: LmcacheOptions = {}): ChunkStore {
  const { settleSeconds, ...checked } = checkOptions(schema, options);
  const joining = joiningOf(checked);
  return {
    choosesRatio: false,
    choosesTokens: false,
    // LMCache in vLLM's process stores by tokens alone.
    keepsApart: false,
    joining,
    async collect(method, server, prompt, fields, signal) {
      if ("chunkTokens" in joining.behind) requireWholeChunk(method, prompt, joining.behind.chunkTokens);
      const whole = wholeIds(prompt);
      const sent = "chunkTokens" in joining.behind ? onTheGrid(prompt) : apart(prompt);
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

function joiningOf({
  protocol,
  separator,
  chunkTokens,
  bosToken,
}: Omit<z.infer<typeof schema>, "settleSeconds">): Joining {
  if (protocol === "separator") {
    if (chunkTokens === undefined) return { behind: { separator: separator ?? " # # " }, bosToken };
    throw new OptionError("chunkTokens", 'is for the protocol "chunks"', chunkTokens);
  }
  if (separator === undefined) return { behind: { chunkTokens: chunkTokens ?? 256 }, bosToken };
  throw new OptionError("separator", 'is for the protocol "separator"', separator);
}

/** The first chunk behind the prompt's beginning, the others alone. */
const apart = (prompt: PromptIds): readonly (readonly number[])[] =>
  prompt.chunks.map((chunk, index) => [...(index === 0 ? beginningIds(prompt) : prompt.bos), ...chunk]);

/** Every document behind the prompt's beginning, both of whole KV chunks. */
const onTheGrid = (prompt: PromptIds): readonly (readonly number[])[] =>
  chunksWithEnds(prompt)
    .filter(({ length }) => length > 0)
    .map((chunk) => [...beginningIds(prompt), ...chunk]);

/** Refuses documents that would be found for their filler. */
function requireWholeChunk(method: string, prompt: PromptIds, chunkTokens: number): void {
  const tokens = documentTokens(prompt);
  if (tokens >= chunkTokens) return;
  throw new MethodRefused(
    method,
    `the prompt's documents have ${tokens} tokens together, fewer than one KV chunk of ${chunkTokens}, and LMCache finds whole ` +
      "ones only: take longer documents, or a server with smaller KV chunks (--lmcache_chunk_tokens, chunkTokens).",
  );
}
