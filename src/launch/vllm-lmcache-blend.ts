import type { Recipe } from "./launch.js";
import { weightNotes } from "./model-shape.js";
import { vllmStep } from "./vllm.js";

/**
 * vLLM with LMCache's CacheBlend in its own process.
 *
 * Settings as in LMCache 0.5.6 (`lmcache/v1/config.py`, `examples/blend_kv_v1`).
 */
export const vllmLmcacheBlend: Recipe = {
  port: 8001,
  takesRedis: true,
  launch: (options) => ({
    next: `firsttoken blend --api_base http://localhost:8000/v1 --blend_api_base http://localhost:${options.port}/v1 --lmcache`,
    steps: [
      vllmStep(options, {
        title: "vLLM with LMCache's CacheBlend",
        environment: {
          LMCACHE_ENABLE_BLENDING: "True",
          LMCACHE_USE_LAYERWISE: "True",
          LMCACHE_BLEND_SPECIAL_STR: " # # ",
          LMCACHE_BLEND_CHECK_LAYERS: "1",
          LMCACHE_BLEND_RECOMPUTE_RATIOS: String(options.recomputeRatio),
          LMCACHE_BLEND_MIN_TOKENS: "256",
          LMCACHE_CHUNK_SIZE: "256",
          LMCACHE_LOCAL_CPU: "True",
          LMCACHE_MAX_LOCAL_CPU_SIZE: "20",
          LMCACHE_EXTRA_CONFIG: JSON.stringify({ enable_sparse: true }),
          ...(options.redis === null ? {} : { LMCACHE_REMOTE_URL: `redis://${options.redis}` }),
        },
        flags: [
          ["--attention-backend", "FLASHINFER"],
          ["--no-enable-prefix-caching"],
          ["--enforce-eager"],
          [
            "--kv-transfer-config",
            JSON.stringify({ kv_connector: "LMCacheConnectorV1", kv_role: "kv_both" }),
          ],
        ],
      }),
    ],
    notes: [
      ...weightNotes(options.model, options.contextTokens),
      "vLLM must first be patched by hand, so that LMCache finds the model: examples/blend_kv_v1/README.md of LMCache has the lines for gpu_worker.py, tested there with vLLM 0.17.1.",
      "Models: Llama, Qwen2 and Qwen3 only, without scaled rotary positions, as of LMCache 0.5.6; Mistral is not among them.",
      "enable_sparse with FLASHINFER gives the exact mask; without it recomputed tokens attend to tokens after their own. Older vLLM needs VLLM_ATTENTION_BACKEND=FLASHINFER instead of the flag.",
      "A ratio of 0 is full KV reuse. The ratio is the server's: start one server for each.",
      "Newer: `lmcache server --engine-type blend`. The vLLM connector that makes use of it was not in LMCache 0.5.6 nor in vLLM 0.33.0. It is asked with --lmcache --lmcache_protocol chunks.",
    ],
  }),
};
