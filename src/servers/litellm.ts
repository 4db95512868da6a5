import { textAt } from "./answers.js";
import type { Profile } from "./profile.js";

/**
 * A LiteLLM proxy. What is cached lies behind it; only what it passes on can be read.
 *
 * Source: LiteLLM 1.81 `proxy/health_endpoints/_health_endpoints.py`, docs.litellm.ai `proxy/caching`.
 */
export const litellm: Profile = {
  name: "litellm",
  title: "LiteLLM",
  asks: ["/health/readiness"],
  cold: null,
  coldEverywhere: false,
  chunks: null,
  tiers: [
    {
      name: "the provider's cache behind the proxy",
      clear: null,
      otherwise: "clear it at the provider's own address",
    },
  ],
  counters: null,
  proof: ["usage.prompt_tokens_details.cached_tokens, where the provider reports it"],
  signsNeeded: 1,
  recognise: (answers) => [
    ...(textAt(answers, "/health/readiness", "litellm_version") !== null
      ? ["litellm_version of /health/readiness"]
      : []),
    ...(answers.headers["x-litellm-version"] !== undefined ? ["the header x-litellm-version"] : []),
  ],
  blockTokens: () => null,
  version: (answers) =>
    textAt(answers, "/health/readiness", "litellm_version") ?? answers.headers["x-litellm-version"] ?? null,
  advice: ({ reportsCachedTokens }) => [
    ...(reportsCachedTokens
      ? []
      : ["Answers carry no cached_tokens: the provider does not report them, or the proxy drops them."]),
    "With `cache: true` in its litellm_settings the proxy answers a repeated prompt itself: turn that off.",
    "The provider's cache and counters are seen at the provider's own address only.",
  ],
};
