import { jsonObject } from "../domain/json.js";
import { type Answers, existsFor, hasMetrics, metricsOf, ownerOf, textAt } from "./profile/answers.js";
import { CACHE_CONFIG, type Counters } from "./profile/counters.js";
import type { ClearReading, ClearRoute, Findings, Profile } from "./profile/profile.js";

/**
 * vLLM's reset. Newer builds answer {"success": false} with status 200, older ones 200 and nothing; the route is there only
 * with VLLM_SERVER_DEV_MODE=1. `reset_external` (0.13) also clears what a KV connector stores; older versions ignore it.
 *
 * Source: vLLM 0.11 `entrypoints/openai/api_server.py`, main `entrypoints/serve/dev/cache/api_router.py`.
 */
export const resetPrefixCache = (query = ""): ClearRoute => ({
  at: "server",
  method: "POST",
  path: `/reset_prefix_cache${query}`,
  read({ status, body }): ClearReading {
    if (status !== 200) return "unclear";
    if (body.trim() === "") return "done";
    const success = jsonObject(body)?.success;
    return typeof success !== "boolean" ? "unclear" : success ? "done" : "busy";
  },
});

/**
 * vLLM's counters, with the most exact reading first: by source (0.16), cached (0.16), queries and hits (0.9; 0.8 had them
 * with `gpu_`). Queries are counted again if a request is not admitted, so they must equal the prompt's own number.
 *
 * Source: vLLM 0.11 and main `v1/metrics/loggers.py`.
 */
export const VLLM_COUNTERS: Counters = {
  idle: ["vllm:num_requests_running", "vllm:num_requests_waiting"],
  requests: ["vllm:request_success_total", "vllm:request_queue_time_seconds_count"],
  cached: [
    {
      hits: ["local_cache_hit", "external_kv_transfer"].map((source) => ({
        name: "vllm:prompt_tokens_by_source_total",
        labels: { source },
      })),
      of: [[{ name: "vllm:prompt_tokens_by_source_total" }]],
    },
    { hits: [{ name: "vllm:prompt_tokens_cached_total" }], of: [[{ name: "vllm:prompt_tokens_total" }]] },
    {
      hits: [{ name: "vllm:prefix_cache_hits_total" }, { name: "vllm:external_prefix_cache_hits_total" }],
      of: [
        [{ name: "vllm:prefix_cache_queries_total" }],
        [{ name: "vllm:external_prefix_cache_queries_total" }],
      ],
    },
    {
      hits: [{ name: "vllm:gpu_prefix_cache_hits_total" }],
      of: [[{ name: "vllm:gpu_prefix_cache_queries_total" }]],
    },
  ],
  // What a KV connector gives lies outside vLLM's blocks: on the host, a disk or a remote store.
  tiers: {
    name: "vllm:prompt_tokens_by_source_total",
    label: "source",
    tierOf: (source) =>
      source === "local_cache_hit" ? "device" : source === "external_kv_transfer" ? "external" : null,
  },
  queue: "vllm:request_queue_time_seconds",
  prefill: "vllm:request_prefill_time_seconds",
};

/** vLLM's whole configuration (development mode); as text it omits the KV connector (0.32). */
export const SERVER_INFO = "/server_info?config_format=json";

/** vLLM's own GPU blocks. */
export const GPU_BLOCKS = {
  name: "vLLM's GPU blocks",
  clear: resetPrefixCache(),
  otherwise: "start vLLM with VLLM_SERVER_DEV_MODE=1; a unique cache_salt keeps a request cold anyway",
} as const;

/** Signs that vLLM answers, with or without a store beside it. */
export function signsOfVllm(answers: Answers): readonly string[] {
  const own = [
    ...(ownerOf(answers) === "vllm" ? ['owned_by "vllm" of /models'] : []),
    ...(hasMetrics(answers, "vllm:") ? ["vllm:* of /metrics"] : []),
  ];
  // Many servers have a /version; together with one of vLLM's own names it is a second sign.
  const hasVersion = own.length > 0 && textAt(answers, "/version", "version") !== null;
  return hasVersion ? [...own, "/version"] : own;
}

/** The block size in `/metrics`: 16 tokens on most graphics cards, 128 on a CPU. */
export function blocksOfVllm(answers: Answers): number | null {
  const config = metricsOf(answers).find(({ name }) => name === CACHE_CONFIG);
  const tokens = Number(config?.labels.block_size);
  return Number.isInteger(tokens) && tokens >= 1 ? tokens : null;
}

/** What vLLM can't prove as it was started. */
export function vllmAdvice({ answers, reportsCachedTokens, countersTell }: Findings): readonly string[] {
  return [
    ...(reportsCachedTokens
      ? []
      : ["Answers carry no cached_tokens: start vLLM with --enable-prompt-tokens-details."]),
    ...(hasMetrics(answers, "vllm:")
      ? []
      : ["There is no /metrics: start vLLM without --disable-log-stats for queue and prefill times."]),
    ...(reportsCachedTokens || countersTell || !hasMetrics(answers, "vllm:")
      ? []
      : [
          "The counters of /metrics did not change by one request alone: measure on an otherwise idle server.",
        ]),
    ...(existsFor(answers, "/reset_prefix_cache") === true
      ? []
      : ["The prefix cache can't be reset: start vLLM with VLLM_SERVER_DEV_MODE=1."]),
  ];
}

/**
 * vLLM.
 *
 * Source: vLLM 0.11 `entrypoints/openai/{api_server,protocol}.py`: `owned_by`, `/version`, `cache_salt` (engine V1), the
 * reset route.
 */
export const vllm: Profile = {
  name: "vllm",
  title: "vLLM",
  asks: ["/version", "/metrics", "/reset_prefix_cache", SERVER_INFO],
  cold: "cache_salt",
  coldEverywhere: true,
  chunks: null,
  tiers: [GPU_BLOCKS],
  counters: VLLM_COUNTERS,
  proof: ["usage.prompt_tokens_details.cached_tokens", "vllm:* counters before and after"],
  signsNeeded: 2,
  recognise: signsOfVllm,
  blockTokens: blocksOfVllm,
  version: (answers) => textAt(answers, "/version", "version"),
  advice: vllmAdvice,
};
