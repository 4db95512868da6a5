import { cacheEvidence } from "../client/cache-evidence.js";
import { coldRequest } from "../client/cold-request.js";
import { observed } from "../client/observed.js";
import type { Server } from "../client/server.js";
import { type ChunkedPrompt, wholePrompt } from "../domain/chunked-prompt.js";
import type { JsonObject } from "../domain/json.js";
import { headTokens } from "./head-tokens.js";
import type { Method } from "./method.js";
import { requireStored } from "./require-stored.js";
import { sendPrompt } from "./send-prompt.js";
import { timingSeconds } from "./timings.js";

/** A prefix cache works in blocks, the last of which is seldom whole: 16 tokens in vLLM, up to this elsewhere. */
const BLOCK_TOKENS = 32;

/** An estimate of tokens may be so many times too low. */
const ESTIMATE = 2;

/** What has been served before, when a request meets a prefix cache. */
export interface PrefixCacheOptions {
  /**
   * `chunks` (default): every chunk alone behind the prompt's beginning, as in retrieval, so that only the first one
   * is a prefix of the request. `prompt`: the very same prompt, the best a prefix cache can do.
   */
  readonly served?: "chunks" | "prompt";
}

/**
 * Prefix caching: whatever of the prompt's beginning was served before is taken from the server's own cache.
 *
 * Every prompt has a `cache_salt` of its own where the server heeds it, so that what other methods have served is no hit.
 * Elsewhere (llama.cpp, Ollama) a hit of more than was served here contradicts it: another method had asked the prompt.
 *
 * @throws (from `prepare`) MethodRefused when the server does not serve what is to be cached.
 */
export function prefixCache(server: Server, { served = "chunks" }: PrefixCacheOptions = {}): Method {
  const fields = new WeakMap<ChunkedPrompt, JsonObject>();
  const fieldsOf = async (prompt: ChunkedPrompt): Promise<JsonObject> => {
    const { profile } = await server.recognise();
    // At a server that is not known the salt does no harm that its answer would not show.
    const cold = coldRequest(profile.name === "unknown" ? { cold: "cache_salt" } : profile);
    const own = fields.get(prompt) ?? cold?.repeat ?? {};
    fields.set(prompt, own);
    return own;
  };
  return {
    name: "prefix_cache",
    recomputeRatio: null,
    server,
    async prepare(prompt, signal) {
      const texts =
        served === "prompt" ? [wholePrompt(prompt)] : prompt.chunks.map((chunk) => prompt.prefix + chunk);
      let collect_seconds = 0;
      for (const text of texts) {
        const body = await fieldsOf(prompt);
        const completion = await sendPrompt(server, prompt, text, { maxTokens: 1, body, signal });
        requireStored("Prefix caching", completion, server);
        collect_seconds += completion.total_seconds ?? 0;
      }
      return { collect_seconds };
    },
    async ask(prompt, request) {
      const body = await fieldsOf(prompt);
      const { completion } = await observed(server, () =>
        sendPrompt(server, prompt, wholePrompt(prompt), { ...request, body }),
      );
      const isWhole = served === "prompt";
      const hit = isWhole ? wholePrompt(prompt) : prompt.prefix + (prompt.chunks[0] ?? "");
      const hitTokens =
        (await server.tokens.count(hit)) + (await headTokens(server, prompt, completion.prompt_tokens));
      return {
        completion,
        columns: {
          method: "prefix_cache",
          recompute_ratio: null,
          load_seconds: timingSeconds(completion, "load_ms"),
          recomputed_tokens: null,
        },
        ...cacheEvidence({
          cacheState: "warm",
          cachedTokens: completion.cached_tokens,
          promptTokens: hitTokens - BLOCK_TOKENS,
          ...(!isWhole && {
            servedTokens: Math.ceil(hitTokens * (server.tokens.exact ? 1 : ESTIMATE)) + BLOCK_TOKENS,
          }),
          templateTokens: 0,
          source: completion.cached_tokens_source,
        }),
      };
    },
  };
}
