import { cacheEvidence } from "../client/cache-evidence.js";
import { coldRequest } from "../client/cold-request.js";
import { observed } from "../client/observed.js";
import type { Server } from "../client/server.js";
import { wholePrompt } from "../domain/chunked-prompt.js";
import { MethodRefused } from "../domain/errors.js";
import type { JsonObject } from "../domain/json.js";
import { headTokens } from "./head-tokens.js";
import type { Method } from "./method.js";
import { sendPrompt } from "./send-prompt.js";

/** How full prefill keeps a request cold. */
export type ColdBy = "salt" | "reset";

/** How full prefill is run. */
export interface FullPrefillOptions {
  /**
   * `salt` (default): every request carries what its server heeds: a `cache_salt` of its own (vLLM, SGLang, the embedded
   * engine), `cache_prompt: false` (llama.cpp), both where the server is not known, nothing at OpenAI's. `reset`: the
   * server's reset endpoint is called before every request.
   */
  readonly coldBy?: ColdBy;
}

/** BOS and what a server may take from a cache of anything it is asked. */
const FREE_TOKENS = 1;

/**
 * Full prefill: the whole prompt is computed, and the server's own report is held against it.
 *
 * @throws (from `prepare` and `ask`) MethodRefused when the server took prompt tokens from a cache all the same, or
 * can't reset it.
 */
export function fullPrefill(server: Server, { coldBy = "salt" }: FullPrefillOptions = {}): Method {
  const name = "full_prefill";
  return {
    name,
    recomputeRatio: null,
    server,
    async prepare() {
      if (coldBy === "salt") return { collect_seconds: null };
      const reset = await server.resetCache();
      if (!reset.done) throw new MethodRefused("Full prefill", `the cache was not reset: ${reset.reason}`);
      return { collect_seconds: null };
    },
    async ask(prompt, request) {
      const body = coldBy === "salt" ? await coldFields(server) : {};
      const { completion } = await observed(server, () =>
        sendPrompt(server, prompt, wholePrompt(prompt), { ...request, body }),
      );
      const evidence = cacheEvidence({
        cacheState: "cold",
        cachedTokens: completion.cached_tokens,
        promptTokens: completion.prompt_tokens,
        templateTokens: FREE_TOKENS + (await headTokens(server, prompt, completion.prompt_tokens)),
        source: completion.cached_tokens_source,
      });
      if (completion.outcome === "ok" && evidence.evidence === "contradicted") {
        throw new MethodRefused(
          "Full prefill",
          `${server.url} took ${completion.cached_tokens} prompt tokens from a cache although ` +
            `${coldBy === "reset" ? "the cache had been reset" : describeFields(body)}. ` +
            `Start the server without prefix caching${coldBy === "salt" ? ', or use { coldBy: "reset" }' : ""}.`,
        );
      }
      return {
        completion,
        columns: { method: name, recompute_ratio: null, load_seconds: null, recomputed_tokens: null },
        ...evidence,
      };
    },
  };
}

/** What keeps a request cold at this server; at one that is not known, all that is known of others. */
async function coldFields(server: Server): Promise<JsonObject> {
  const { profile } = await server.recognise();
  if (profile.name !== "unknown") return coldRequest(profile)?.first ?? {};
  const means = (["cache_salt", "cache_prompt"] as const).map((cold) => coldRequest({ cold })?.first);
  return Object.assign({}, ...means) as JsonObject;
}

function describeFields(fields: JsonObject): string {
  if ("cache_salt" in fields) return "the request had a cache_salt of its own";
  return "cache_prompt" in fields ? "it had cache_prompt: false" : "nothing was to be stored of it";
}
