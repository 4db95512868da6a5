import { ownerOf } from "./profile/answers.js";
import type { Profile } from "./profile/profile.js";

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
  // Chunks are found whole or not at all.
  blockTokens: () => 1,
  version: () => null,
  advice: () => [],
};
