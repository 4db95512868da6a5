import { jsonObject } from "../domain/json.js";
import type { ClearReading, ClearRoute } from "./profile/profile.js";

/** The `success` of a JSON answer, if it has one. */
function successOf(body: string): boolean | undefined {
  const success = jsonObject(body)?.success;
  return typeof success === "boolean" ? success : undefined;
}

/**
 * vLLM's reset. Newer builds answer {"success": false} with status 200, older ones 200 and nothing; the route is there
 * only with VLLM_SERVER_DEV_MODE=1. `reset_external` (0.13) also clears what a KV connector holds, and is ignored before.
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
    const success = successOf(body);
    return success === undefined ? "unclear" : success ? "done" : "busy";
  },
});

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
    return successOf(body) === true || /\bflushed\b/i.test(body) ? "done" : "unclear";
  },
};

/**
 * LMCache's clearing inside vLLM: `{"status": "success", "num_removed": 12}`.
 *
 * Source: LMCache 0.3.13 `v1/internal_api_server/common/cache_api.py`; port 6999 is the scheduler's.
 */
export const clearLmcache: ClearRoute = {
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
export const clearLmcacheServer: ClearRoute = {
  at: "cache server",
  method: "POST",
  path: "/cache/clear",
  body: () => ({ tier: "l1" }),
  read({ status, body }): ClearReading {
    const said = jsonObject(body)?.status;
    return status === 200 && (said === "ok" || said === "success") ? "done" : "unclear";
  },
};

/** Ollama unloads a model, and its cache with it, when it is to be kept for no time: `{"done_reason": "unload"}`. */
export const unloadModel: ClearRoute = {
  at: "server",
  method: "POST",
  path: "/api/generate",
  body: (model) => ({ model, keep_alive: 0, stream: false }),
  read({ status, body }): ClearReading {
    return status === 200 && jsonObject(body)?.done_reason === "unload" ? "done" : "unclear";
  },
};
