import { ownerOf } from "./profile/answers.js";
import type { Profile } from "./profile/profile.js";
import { resetPrefixCache, VLLM_COUNTERS } from "./vllm.js";

/** The embedded engine (`firsttoken serve`). It serves one request at a time, so its counters need no gauges. */
export const embeddedEngine: Profile = {
  name: "embedded-engine",
  title: "the embedded engine",
  asks: ["/reset_prefix_cache"],
  cold: "cache_salt",
  coldEverywhere: true,
  chunks: "cache_field",
  tiers: [
    {
      name: "prefixes and chunks",
      clear: resetPrefixCache("?reset_external=true"),
      otherwise: "restart it",
    },
  ],
  counters: VLLM_COUNTERS,
  proof: ["usage.prompt_tokens_details.cached_tokens", "timings (queue, prefill, load, collect)"],
  signsNeeded: 1,
  recognise: (answers) => (ownerOf(answers) === "firsttoken" ? ['owned_by "firsttoken" of /models'] : []),
  blockTokens: () => 16,
  version: () => null,
  advice: () => [],
};

/** This project's bridge to CacheBlend's research code, which speaks the embedded engine's field `cache`. */
export const cacheblendBridge: Profile = {
  name: "cacheblend-bridge",
  title: "the bridge to CacheBlend's research code",
  asks: [],
  cold: "cache_salt",
  coldEverywhere: true,
  chunks: "cache_field",
  tiers: [
    {
      name: "the bridge's chunks",
      clear: null,
      otherwise: "restart the bridge",
    },
  ],
  counters: null,
  proof: ["usage.prompt_tokens_details.cached_tokens"],
  signsNeeded: 1,
  recognise: (answers) =>
    ownerOf(answers) === "firsttoken-cacheblend-bridge"
      ? ['owned_by "firsttoken-cacheblend-bridge" of /models']
      : [],
  // A chunk is found whole or not at all.
  blockTokens: () => 1,
  version: () => null,
  advice: () => [],
};
