import { jsonObject } from "../domain/json.js";
import { type Answers, hasMetrics, jsonAt, textAt } from "./profile/answers.js";
import type { Counters } from "./profile/counters.js";
import type { ClearReading, ClearRoute, Findings, Profile, Tier } from "./profile/profile.js";
import { blocksOfVllm, GPU_BLOCKS, SERVER_INFO, signsOfVllm, VLLM_COUNTERS, vllmAdvice } from "./vllm.js";

/**
 * LMCache's clearing inside vLLM: `{"status": "success", "num_removed": 12}`.
 *
 * Source: LMCache 0.3.13 `v1/internal_api_server/common/cache_api.py`; port 6999 is the scheduler's.
 */
const clearLmcache: ClearRoute = {
  at: "cache server",
  method: "DELETE",
  path: "/cache/clear",
  read({ status, body }): ClearReading {
    return status === 200 && jsonObject(body)?.status === "success" ? "done" : "unclear";
  },
};

/**
 * The LMCache server's clearing: its first level only, and only what no request is using.
 *
 * Source: LMCache 0.5.6 `v1/multiprocess/http_apis/cache_api.py`: `{"status": "ok", "cleared": {"tier": "l1"}}`; before,
 * the path was `/clear-cache`.
 */
const clearLmcacheServer: ClearRoute = {
  at: "cache server",
  method: "POST",
  path: "/cache/clear",
  body: () => ({ tier: "l1" }),
  read({ status, body }): ClearReading {
    const said = jsonObject(body)?.status;
    return status === 200 && (said === "ok" || said === "success") ? "done" : "unclear";
  },
};

/** `chunk_size` of LMCache, unless its configuration says otherwise. */
const CHUNK_TOKENS = 256;

/** vLLM's development routes print its whole configuration, including the KV connector's name. */
function connectorIs(answers: Answers, pattern: RegExp): boolean {
  const config = jsonAt(answers, SERVER_INFO)?.vllm_config;
  return config !== undefined && pattern.test(JSON.stringify(config));
}

/** LMCache's lookups are used only while vLLM's own prefix cache is off, because they don't see that cache. */
function withLookups(found: string, looked: string): Counters {
  return {
    ...VLLM_COUNTERS,
    cached: [
      ...VLLM_COUNTERS.cached,
      {
        hits: [{ name: found }],
        of: [[{ name: looked }]],
        still: [{ name: "vllm:prefix_cache_queries_total" }],
      },
    ],
  };
}

const proof = [
  "usage.prompt_tokens_details.cached_tokens",
  "vllm:* counters (external hits included) before and after",
];

const advice =
  (store: string) =>
  (findings: Findings): readonly string[] => [
    ...vllmAdvice(findings),
    ...(findings.hasCacheServer ? [] : [`LMCache's own store can't be cleared: give ${store}.`]),
  ];

const storeInProcess: Tier = {
  name: "LMCache's store",
  clear: clearLmcache,
  otherwise:
    "start vLLM with LMCACHE_INTERNAL_API_SERVER_ENABLED=true and name its address (port 6999) as cacheServer",
};

/**
 * vLLM with LMCache in its process (`LMCacheConnectorV1`), which puts its counters into vLLM's `/metrics`.
 *
 * Source: LMCache 0.3.13 `observability.py`, `v1/internal_api_server`.
 */
export const vllmLmcache: Profile = {
  name: "vllm-lmcache",
  title: "vLLM with LMCache in its process",
  asks: ["/version", "/metrics", "/reset_prefix_cache", SERVER_INFO],
  cold: "cache_salt",
  // LMCache in vLLM's process stores by tokens alone.
  coldEverywhere: false,
  chunks: "separator",
  tiers: [GPU_BLOCKS, storeInProcess],
  counters: withLookups("lmcache:num_lookup_hits_total", "lmcache:num_lookup_tokens_total"),
  proof,
  signsNeeded: 2,
  recognise(answers) {
    const signs = [
      ...(hasMetrics(answers, "lmcache:") ? ["lmcache:* of /metrics"] : []),
      ...(connectorIs(answers, /LMCacheConnector/) ? ["LMCacheConnector in /server_info"] : []),
    ];
    return signs.length === 0 ? [] : [...signsOfVllm(answers), ...signs];
  },
  blockTokens: (answers) => Math.max(CHUNK_TOKENS, blocksOfVllm(answers) ?? 0),
  version: (answers) => textAt(answers, "/version", "version"),
  advice: advice("its internal API's address with --cache_server http://HOST:6999 (cacheServer)"),
};

/**
 * vLLM with an LMCache server beside it (`LMCacheMPConnector`), whose counters are at its own address.
 *
 * Source: LMCache 0.4 `v1/multiprocess`, docs.lmcache.ai `mp/`.
 */
export const vllmLmcacheServer: Profile = {
  ...vllmLmcache,
  name: "vllm-lmcache-server",
  title: "vLLM with an LMCache server",
  tiers: [
    GPU_BLOCKS,
    {
      name: "the LMCache server's first level",
      clear: clearLmcacheServer,
      otherwise:
        "name its address (port 8080) as cacheServer, or run `lmcache kvcache clear`; further levels keep their KV",
    },
  ],
  counters: withLookups("lmcache_mp_lookup_hit_tokens_total", "lmcache_mp_lookup_requested_tokens_total"),
  recognise(answers) {
    const signs = [
      ...(hasMetrics(answers, "vllm:lmcache_mp_") ? ["vllm:lmcache_mp_* of /metrics"] : []),
      ...(hasMetrics(answers, "lmcache_mp_") ? ["lmcache_mp_* of /metrics"] : []),
      ...(connectorIs(answers, /LMCacheMP/) ? ["LMCacheMPConnector in /server_info"] : []),
    ];
    return signs.length === 0 ? [] : [...signsOfVllm(answers), ...signs];
  },
  advice: advice("the LMCache server's address with --cache_server http://HOST:8080 (cacheServer)"),
};
