import { hasMetrics, ownerOf, textAt } from "./profile/answers.js";
import type { Profile } from "./profile/profile.js";

/**
 * llama.cpp's llama-server. A request with `cache_prompt: false` computes everything and still leaves its prompt in the slot,
 * where the next one finds it. Erasing a slot does not prove cold: `--cache-ram` may bring the prompt back.
 *
 * Source: llama.cpp b6700 and main `tools/server/server-context.cpp`; a recorded llama-server 0.5.0 (de3ff81).
 */
export const llamacpp: Profile = {
  name: "llamacpp",
  title: "llama.cpp",
  asks: ["/props", "/metrics"],
  cold: "cache_prompt",
  coldEverywhere: true,
  chunks: null,
  tiers: [
    {
      name: "the slots, and prompts kept in RAM (--cache-ram)",
      clear: null,
      otherwise: "nothing clears both; cache_prompt: false makes a request cold anyway",
    },
  ],
  counters: {
    idle: ["llamacpp:requests_processing", "llamacpp:requests_deferred"],
    requests: [],
    cached: [
      {
        hits: [{ name: "llamacpp:prompt_tokens_cached_total" }],
        of: [[{ name: "llamacpp:prompt_tokens_total" }, { name: "llamacpp:prompt_tokens_cached_total" }]],
      },
    ],
    queue: null,
    prefill: null,
  },
  proof: [
    "usage.prompt_tokens_details.cached_tokens",
    "timings.cache_n",
    "llamacpp:prompt_tokens_cached_total before and after",
  ],
  signsNeeded: 2,
  recognise: (answers) => [
    ...(ownerOf(answers) === "llamacpp" ? ['owned_by "llamacpp" of /models'] : []),
    ...(/llama\.cpp/.test(answers.headers.server ?? "") ? ["the header Server: llama.cpp"] : []),
    ...(textAt(answers, "/props", "build_info") !== null ? ["build_info of /props"] : []),
    ...(hasMetrics(answers, "llamacpp:") ? ["llamacpp:* of /metrics"] : []),
  ],
  blockTokens: () => 1,
  version: (answers) => textAt(answers, "/props", "build_info"),
  advice: ({ reportsCachedTokens }) =>
    reportsCachedTokens ? [] : ["Answers carry neither cached_tokens nor timings: update llama-server."],
};
