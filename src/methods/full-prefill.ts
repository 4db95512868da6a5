import { type CacheEvidence, cacheEvidence } from "../client/cache-evidence.js";
import { type ColdMeans, fieldKeepsApart } from "../client/cold-request.js";
import { timingSeconds } from "../client/event/server-times.js";
import type { TimedCompletion } from "../client/request.js";
import type { Server } from "../client/server.js";
import { withServerCounters } from "../client/server-counters.js";
import { MethodRefused } from "../domain/errors/errors.js";
import { METHODS, NO_SETTING } from "../domain/records/methods.js";
import { recognisedStore } from "./chunks/recognised-store.js";
import { coldMeansOf } from "./request/cold-means-of.js";
import { force, idsOfWhole } from "./request/force.js";
import type { Method } from "./request/method.js";
import { promptRequest, sendPrompt, wholeOf } from "./request/send-prompt.js";

/** How full prefill keeps a request cold. */
export type ColdBy = "salt" | "reset";

/** Options of full prefill. */
export interface FullPrefillOptions {
  /**
   * `salt` (default): every request carries the field that its server honours: a `cache_salt` of its own (vLLM, SGLang, the
   * embedded engine), `cache_prompt: false` (llama.cpp), or both if the kind of server is uncertain. `reset`: the server's
   * reset route is called before every request.
   */
  readonly coldBy?: ColdBy;
}

/** The first tokens of two random lines may be the same. */
const CHANCE_TOKENS = 2;

/**
 * Full prefill: the whole prompt is computed, and the server's own report is compared with that. A request that found tokens
 * in a cache anyway is contradicted.
 *
 * @param server from `connect`.
 * @throws in a run, MethodRefused if a reset was asked for and the server's cache can't be reset, and ServerError if a short
 * preparatory request fails.
 * @example methods.fullPrefill(server).name // "full_prefill"
 */
export function fullPrefill(server: Server, { coldBy = "salt" }: FullPrefillOptions = {}): Method {
  const name = "full_prefill";
  return {
    name,
    recomputeRatio: null,
    setting: NO_SETTING,
    server,
    givenJoining: null,
    keepsApart: async () => coldBy === "reset" || fieldKeepsApart(await server.recognise()),
    joining: async () => (await recognisedStore(server))?.joining ?? null,
    async prepare(prompt) {
      if (coldBy === "salt") {
        // Its own short requests come before the first measured one, not between measured ones.
        await coldMeansOf(server, prompt);
        return { collect_seconds: null };
      }
      const reset = await server.resetCache();
      if (!reset.done)
        throw new MethodRefused(METHODS[name].title, `the cache was not reset: ${reset.reason}`);
      return { collect_seconds: null };
    },
    async ask(prompt, request) {
      const means = await coldMeansOf(server, prompt);
      const body = coldBy === "salt" ? means.next().first : {};
      const { completion } = await withServerCounters(server, () =>
        sendPrompt(server, prompt, wholeOf(prompt), { ...request, body }),
      );
      return {
        completion,
        columns: {
          method: name,
          ...NO_SETTING,
          load_seconds: null,
          server_prefill_seconds: timingSeconds(completion, "prefill_ms"),
          recomputed_tokens: null,
          recomputed_ratio: null,
        },
        ...coldEvidence(means, completion),
      };
    },
    async force(prompt, tokens, signal) {
      const means = await coldMeansOf(server, prompt);
      if (coldBy === "reset") await server.resetCache();
      const ids = await idsOfWhole(METHODS[name].title, server, prompt);
      const body = coldBy === "salt" ? means.next().first : {};
      return force(server, { prompt: ids, forced: tokens, body }, signal, (told) =>
        coldEvidence(means, told),
      );
    },
    async underLoad(format) {
      if (coldBy === "reset")
        throw new MethodRefused(
          METHODS[name].title,
          'a cache can\'t be reset between requests that overlap; use coldBy "salt"',
        );
      const means = await coldMeansOf(server, { format });
      return {
        store: null,
        prefixGrid: null,
        posted: async (prompt, request) =>
          server.posted(promptRequest(prompt, wholeOf(prompt), { ...request, body: means.next().first })),
        evidence: (_prompt, { cached_tokens_source: source, ...report }) =>
          coldEvidence(means, { ...report, cached_tokens_source: source }),
      };
    },
  };
}

const coldEvidence = (
  { templateTokens }: Pick<ColdMeans, "templateTokens">,
  told: Pick<TimedCompletion, "cached_tokens" | "prompt_tokens"> &
    Partial<Pick<TimedCompletion, "cached_tokens_source">>,
): CacheEvidence =>
  cacheEvidence({
    arranged: { state: "cold", sharedTokens: templateTokens + CHANCE_TOKENS },
    cachedTokens: told.cached_tokens,
    promptTokens: told.prompt_tokens,
    source: told.cached_tokens_source ?? null,
  });
