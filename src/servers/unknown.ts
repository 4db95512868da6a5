import type { Profile } from "./profile/profile.js";

/** A server that none of the profiles recognises: what every server that speaks OpenAI's `/v1` may have is tried. */
export const unknown: Profile = {
  name: "unknown",
  title: "a server that is not known here",
  asks: [],
  cold: null,
  coldEverywhere: false,
  chunks: null,
  tiers: [],
  counters: null,
  proof: ["usage.prompt_tokens_details.cached_tokens", "timings.cache_n"],
  signsNeeded: 1,
  recognise: () => [],
  blockTokens: () => null,
  version: () => null,
  advice: ({ reportsCachedTokens }) => [
    ...(reportsCachedTokens
      ? []
      : ["Answers carry no cached_tokens: hits and cold requests can't be proven, only arranged."]),
    "If it is one of the servers known here, say so: --profile vllm, sglang, llamacpp, llama-cpp-python, ollama, litellm, openai.",
  ],
};
