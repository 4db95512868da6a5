import { resetPrefixCache } from "./clearing.js";
import { ownerOf } from "./profile/answers.js";
import type { Profile } from "./profile/profile.js";
import { VLLM_COUNTERS } from "./vllm.js";

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
