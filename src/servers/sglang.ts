import { jsonObject } from "../domain/json.js";
import { type Answers, hasMetrics, jsonAt, ownerOf } from "./profile/answers.js";
import type { ClearReading, ClearRoute, Profile } from "./profile/profile.js";

/**
 * SGLang's flush: 200 and a sentence, 400 when busy.
 *
 * Source: SGLang 0.5 `srt/entrypoints/http_server.py`.
 */
export const flushCacheRoute: ClearRoute = {
  at: "server",
  method: "POST",
  path: "/flush_cache",
  read({ status, body }): ClearReading {
    if (status === 400) return "busy";
    return jsonObject(body)?.success === true || /\bflushed\b/i.test(body) ? "done" : "unclear";
  },
};

/**
 * SGLang's start options; 0.4 has them at the second path. They contain the server's keys in plain text, so only the fields
 * named here are ever kept or shown.
 */
function startedWith(answers: Answers, field: string): unknown {
  return (jsonAt(answers, "/server_info") ?? jsonAt(answers, "/get_server_info"))?.[field];
}

/**
 * SGLang. All its counters move at once when a request has ended; its gauges lag, so they are not used.
 *
 * Source: SGLang 0.5 `srt/entrypoints/http_server.py`, `openai/protocol.py` (`cache_salt`, 0.5.3), `metrics/collector.py`.
 */
export const sglang: Profile = {
  name: "sglang",
  title: "SGLang",
  asks: ["/server_info", "/get_server_info", "/metrics"],
  cold: "cache_salt",
  coldEverywhere: true,
  chunks: null,
  tiers: [
    {
      name: "SGLang's radix cache",
      clear: flushCacheRoute,
      otherwise: "restart the server",
    },
  ],
  counters: {
    idle: [],
    requests: ["sglang:num_requests_total"],
    cached: [
      {
        hits: [{ name: "sglang:cached_tokens_total" }],
        of: [[{ name: "sglang:prompt_tokens_total" }]],
        absentIsZero: true,
      },
    ],
    // A store's name may stand behind it, such as storage_HiCacheFile; `total` is of requests whose tiers are not told.
    tiers: {
      name: "sglang:cached_tokens_total",
      label: "cache_source",
      tierOf: (source) =>
        source === "device" || source === "host" ? source : source.startsWith("storage") ? "storage" : null,
    },
    queue: "sglang:queue_time_seconds",
    prefill: null,
  },
  proof: ["usage.prompt_tokens_details.cached_tokens", "sglang:cached_tokens_total before and after"],
  signsNeeded: 2,
  recognise: (answers) => [
    ...(ownerOf(answers) === "sglang" ? ['owned_by "sglang" of /models'] : []),
    ...(startedWith(answers, "disable_radix_cache") === undefined ? [] : ["radix cache in /server_info"]),
    ...(hasMetrics(answers, "sglang:") ? ["sglang:* of /metrics"] : []),
  ],
  blockTokens(answers) {
    const page = startedWith(answers, "page_size");
    return typeof page === "number" && page >= 1 ? page : 1;
  },
  version(answers) {
    const version = startedWith(answers, "version");
    return typeof version === "string" ? version : null;
  },
  advice: ({ answers, reportsCachedTokens }) => [
    ...(reportsCachedTokens
      ? []
      : ["Answers carry no cached_tokens: start SGLang with --enable-cache-report."]),
    ...(hasMetrics(answers, "sglang:")
      ? []
      : ["There is no /metrics: start SGLang with --enable-metrics for counters and queue times."]),
    ...(startedWith(answers, "disable_radix_cache") === true
      ? ["The radix cache is off: start SGLang without --disable-radix-cache for warm requests."]
      : []),
  ],
};
