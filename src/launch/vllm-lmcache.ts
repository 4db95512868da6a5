import { hostAndPort, type Recipe } from "./launch.js";
import { weightNotes } from "./model-shape.js";
import { DEV_MODE_NOTE, RESETTABLE, vllmStep } from "./vllm.js";

const LMCACHE_PORT = 5555;
const LMCACHE_HTTP_PORT = 8080;

/**
 * vLLM whose KV goes to an LMCache server beside it, and to Redis behind that.
 *
 * Flags as in LMCache 0.5.6 (`lmcache/v1/multiprocess/config.py`, `docs/source/mp`) and vLLM 0.33.0
 * (`lmcache_mp_connector.py`).
 */
export const vllmLmcache: Recipe = {
  port: 8001,
  takesRedis: true,
  launch: (options) => ({
    next: `firsttoken sweep --api_base http://localhost:${options.port}/v1`,
    steps: [
      {
        title: "LMCache's server, in a terminal of its own",
        environment: {},
        command: [
          ["lmcache", "server"],
          ["--port", String(LMCACHE_PORT)],
          ["--http-port", String(LMCACHE_HTTP_PORT)],
          ["--l1-size-gb", "20"],
          ["--eviction-policy", "LRU"],
          ...(options.redis === null
            ? []
            : [["--l2-adapter", JSON.stringify({ type: "resp", ...hostAndPort(options.redis) })]]),
        ],
        stays: true,
      },
      vllmStep(options, {
        title: "vLLM, in another; its own prefix cache is off, so that every hit is LMCache's",
        environment: RESETTABLE,
        flags: [
          ["--enable-prompt-tokens-details"],
          ["--no-enable-prefix-caching"],
          ["--kv-transfer-config", KV_TRANSFER],
        ],
      }),
    ],
    notes: [
      ...weightNotes(options.model, options.contextTokens),
      "LMCache works in chunks of 256 tokens: shorter contexts are never stored.",
      `To empty it: curl -X POST http://localhost:${LMCACHE_HTTP_PORT}/cache/clear (the memory tier only: what is in Redis stays; older servers: /clear-cache).`,
      DEV_MODE_NOTE,
      "Within vLLM's own process (older, being retired): LMCACHE_LOCAL_CPU=True LMCACHE_MAX_LOCAL_CPU_SIZE=20 [LMCACHE_REMOTE_URL=redis://HOST:PORT] and " +
        `--kv-transfer-config '{"kv_connector":"LMCacheConnectorV1","kv_role":"kv_both"}'.`,
      "Oldest: `lmcache_server localhost 65432` with `python3 -m lmcache_vllm.vllm.entrypoints.openai.api_server`. No current vLLM knows --lmcache, --lmcache-backend or --lmcache-redis-host.",
    ],
  }),
};

const KV_TRANSFER = JSON.stringify({
  kv_connector: "LMCacheMPConnector",
  kv_role: "kv_both",
  kv_connector_extra_config: { "lmcache.mp.host": "tcp://localhost", "lmcache.mp.port": LMCACHE_PORT },
});
