import { cacheEvidence } from "../client/cache-evidence.js";
import { timingSeconds } from "../client/event/server-times.js";
import type { Server } from "../client/server.js";
import { withServerCounters } from "../client/server-counters.js";
import type { JsonObject } from "../domain/json.js";
import type { ChunkedPrompt } from "../domain/records/chunked-prompt.js";
import { NO_SETTING } from "../domain/records/methods.js";
import { beginningIds, chunksWithEnds } from "../domain/records/prompt-ids.js";
import { recognisedStore } from "./chunks/recognised-store.js";
import { blockTokensOf } from "./request/block-tokens.js";
import { coldMeansOf } from "./request/cold-means-of.js";
import { force, idsOfWhole } from "./request/force.js";
import { type Method, requireStored } from "./request/method.js";
import { promptRequest, sendPrompt, wholeOf } from "./request/send-prompt.js";

/** What is served in advance for a prefix cache. */
export interface PrefixCacheOptions {
  /**
   * `chunks` (default): every chunk alone after the prompt's beginning, as in retrieval, so that only the first one is a
   * prefix of the request. `prompt`: the same prompt, the best case for a prefix cache.
   */
  readonly served?: "chunks" | "prompt";
}

/** What was served for a prompt, by the server's own count if it has one. */
interface Served {
  readonly fields: JsonObject;
  readonly servedTokens: number;
  readonly sharedTokens: number;
  readonly slackTokens: number;
}

/** Tokens by which texts may differ because of another cut at a seam, or agree by chance. */
const SEAM_TOKENS = 2;

/** An estimate of tokens may be too low by this factor. */
const ESTIMATE = 2;

/**
 * Prefix caching: the part of the prompt's beginning that was served before comes from the server's own cache.
 *
 * The chunk that the prompt begins with is served last: a server of one slot (llama.cpp) keeps nothing else. Every prompt has
 * a `cache_salt` of its own if the server honours it, so that prompts served by other methods are not found; otherwise a hit
 * on more than was served here contradicts the method. Finding what all prompts begin with proves nothing.
 *
 * @param server from `connect`.
 * @throws in a run, MethodRefused if the server does not serve what is to be cached, and ServerError if a short preparatory
 * request fails.
 * @example methods.prefixCache(server, { served: "prompt" }).name // "prefix_cache"
 */
export function prefixCache(server: Server, { served: what = "chunks" }: PrefixCacheOptions = {}): Method {
  const prepared = new WeakMap<ChunkedPrompt, Served>();
  return {
    name: "prefix_cache",
    recomputeRatio: null,
    setting: NO_SETTING,
    server,
    givenJoining: null,
    async keepsApart() {
      const { profile, sure } = await server.recognise();
      return sure && profile.cold === "cache_salt" && profile.coldEverywhere;
    },
    joining: async () => (await recognisedStore(server))?.joining ?? null,
    async prepare(prompt, signal) {
      const means = await coldMeansOf(server, prompt);
      await blockTokensOf(server);
      const fields = means.next().repeat;
      const sent = what === "prompt" ? [wholeOf(prompt)] : firstsOf(prompt).reverse();
      let collect_seconds = 0;
      let lastTokens: number | null = null;
      for (const one of sent) {
        const completion = await sendPrompt(server, prompt, one, { maxTokens: 1, body: fields, signal });
        requireStored("Prefix caching", completion, server);
        collect_seconds += completion.e2e_seconds ?? 0;
        lastTokens = completion.prompt_tokens;
      }
      const { tokens } = server;
      const lengthOf = async (one: string | readonly number[]) =>
        typeof one === "string" ? tokens.count(one) : one.length;
      const known = lastTokens !== null || tokens.exact || prompt.ids !== undefined;
      const servedTokens = lastTokens ?? (await lengthOf(sent.at(-1)!));
      prepared.set(prompt, {
        fields,
        servedTokens,
        sharedTokens:
          what === "prompt"
            ? means.templateTokens
            : prompt.ids
              ? beginningIds(prompt.ids).length
              : means.templateTokens + (await tokens.count(prompt.prefix)),
        slackTokens: prompt.ids ? 0 : SEAM_TOKENS + (known ? 0 : servedTokens * (ESTIMATE - 1)),
      });
      return { collect_seconds };
    },
    async ask(prompt, request) {
      const { fields = {}, ...served } = prepared.get(prompt) ?? NOTHING;
      const { completion } = await withServerCounters(server, () =>
        sendPrompt(server, prompt, wholeOf(prompt), { ...request, body: fields }),
      );
      return {
        completion,
        columns: {
          method: "prefix_cache",
          ...NO_SETTING,
          load_seconds: timingSeconds(completion, "load_ms"),
          server_prefill_seconds: timingSeconds(completion, "prefill_ms"),
          recomputed_tokens: null,
          recomputed_ratio: null,
        },
        ...cacheEvidence({
          arranged: { state: "prefix", ...served, blockTokens: await blockTokensOf(server) },
          cachedTokens: completion.cached_tokens,
          promptTokens: completion.prompt_tokens,
          source: completion.cached_tokens_source,
        }),
      };
    },
    async force(prompt, tokens, signal) {
      const { fields: body = {} } = prepared.get(prompt) ?? NOTHING;
      const ids = await idsOfWhole("Prefix caching", server, prompt);
      // A server may bypass its prefix cache when it reports on a prompt's tokens, and must then compute the same.
      return force(server, { prompt: ids, forced: tokens, body }, signal, () => UNPROVEN);
    },
    async underLoad(format, salt) {
      const means = await coldMeansOf(server, { format });
      const blockTokens = await blockTokensOf(server);
      // One salt for the whole load: its requests find each other's beginnings, and nobody else's.
      const body = means.next(salt).repeat;
      const { templateTokens } = means;
      const templateKnown = format === "completions" || (await server.chatTemplate()) !== null;
      return {
        store: null,
        prefixGrid: blockTokens === null ? null : { blockTokens, templateTokens, templateKnown },
        posted: async (prompt, request) =>
          server.posted(promptRequest(prompt, wholeOf(prompt), { ...request, body })),
        evidence: (prompt, { cached_tokens, prompt_tokens, cached_tokens_source }, { prefixTokens }) =>
          cacheEvidence({
            arranged: {
              state: "prefix",
              servedTokens: templateTokens + prefixTokens,
              sharedTokens: templateTokens,
              slackTokens:
                SEAM_TOKENS + (prompt.ids || server.tokens.exact ? 0 : prefixTokens * (ESTIMATE - 1)),
              blockTokens,
            },
            cachedTokens: cached_tokens,
            promptTokens: prompt_tokens,
            source: cached_tokens_source,
          }),
      };
    },
  };
}

/** Every chunk alone after the prompt's beginning. */
const firstsOf = ({ prefix, chunks, ids }: ChunkedPrompt): (string | readonly number[])[] =>
  ids === undefined
    ? chunks.map((chunk) => prefix + chunk)
    : chunksWithEnds(ids).map((chunk) => [...beginningIds(ids), ...chunk]);

const UNPROVEN = { evidence: "unproven", evidence_source: null, evidence_reason: null } as const;

const NOTHING: Served = { fields: {}, servedTokens: 0, sharedTokens: 0, slackTokens: 0 };
