import { type Answers, pageSays, textAt } from "./profile/answers.js";
import type { Profile } from "./profile/profile.js";

const isItsPage = (answers: Answers): boolean => /^LiteLLM\b/.test(pageSays(answers, "title") ?? "");

/**
 * A LiteLLM proxy. The cache is behind it; only what it passes on can be read.
 *
 * Source: LiteLLM 1.81 `proxy/health_endpoints/_health_endpoints.py`, docs.litellm.ai `proxy/caching`; 1.108.7 as it answers:
 * neither `/health/readiness` nor `/models` reports its version any more.
 */
export const litellm: Profile = {
  name: "litellm",
  title: "LiteLLM",
  asks: ["/health/readiness", "/health/liveliness", "/openapi.json"],
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
    ...(isItsPage(answers) ? ["the title of /openapi.json"] : []),
    ...(answers.got.get("/health/liveliness")?.body.trim() === '"I\'m alive!"'
      ? ["the answer of /health/liveliness"]
      : []),
  ],
  blockTokens: () => null,
  version: (answers) =>
    textAt(answers, "/health/readiness", "litellm_version") ??
    answers.headers["x-litellm-version"] ??
    (isItsPage(answers) ? pageSays(answers, "version") : null),
  advice: ({ reportsCachedTokens }) => [
    ...(reportsCachedTokens
      ? []
      : ["Answers carry no cached_tokens: the provider does not report them, or the proxy drops them."]),
    "With `cache: true` in its litellm_settings the proxy answers a repeated prompt itself: turn that off.",
    "The provider's cache and counters can only be seen at the provider's own address.",
  ],
};
