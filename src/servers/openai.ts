import { ownerOf } from "./profile/answers.js";
import type { Profile } from "./profile/profile.js";

/** OpenAI's own address, and those of its models on Azure. */
const HOSTS = /^(?:[\w-]+\.)*(?:api\.openai\.com|openai\.azure\.com|cognitiveservices\.azure\.com)$/;
const HEADERS = ["openai-version", "openai-processing-ms"];
const OWNERS = ["openai", "system", "openai-internal"];

/**
 * OpenAI's own API: prompts from 1,024 tokens on are cached automatically, in steps of 128, and nothing clears them.
 *
 * Source: platform.openai.com/docs `guides/prompt-caching`, `api-reference/debugging-requests`.
 */
export const openai: Profile = {
  name: "openai",
  title: "OpenAI's API",
  asks: [],
  cold: null,
  coldEverywhere: false,
  chunks: null,
  tiers: [
    {
      name: "OpenAI's prompt cache",
      clear: null,
      otherwise: "it expires by itself within minutes to an hour; a unique prompt is cold",
    },
  ],
  counters: null,
  proof: ["usage.prompt_tokens_details.cached_tokens"],
  signsNeeded: 1,
  recognise(answers) {
    const { host } = answers;
    if (HOSTS.test(host)) return [`the address ${host}`];
    // Others imitate one header (llama-cpp-python: openai-processing-ms) or one owner (LiteLLM: "openai" of every
    // model): only who passes OpenAI's answers on has them all.
    const owner = ownerOf(answers) ?? "";
    const headers = HEADERS.filter((name) => answers.headers[name] !== undefined);
    if (headers.length < HEADERS.length || !OWNERS.includes(owner)) return [];
    return [...headers.map((name) => `the header ${name}`), `owned_by ${JSON.stringify(owner)} of /models`];
  },
  // Nothing below 1,024 tokens; above that, steps of 128.
  blockTokens: () => 1_024,
  version: ({ headers }) => headers["openai-version"] ?? null,
  advice: () => [
    "Prompts below 1,024 tokens are never cached.",
    "Queue and prefill times are not reported; TTFT includes the network round trip.",
  ],
};
