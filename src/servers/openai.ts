import { type Answers, ownerOf } from "./answers.js";
import type { Profile } from "./profile.js";

const HEADERS = ["openai-organization", "openai-version", "openai-processing-ms"];
const OWNERS = ["openai", "system", "openai-internal"];

const headersOf = ({ headers }: Answers): readonly string[] =>
  HEADERS.filter((name) => headers[name] !== undefined);

/**
 * OpenAI's own API: prompts from 1,024 tokens on are cached by themselves, in steps of 128, and nothing clears them.
 *
 * Source: platform.openai.com/docs `guides/prompt-caching`, `api-reference/debugging-requests`.
 */
export const openai: Profile = {
  name: "openai",
  title: "OpenAI's API",
  asks: [],
  cold: null,
  chunks: null,
  tiers: [
    {
      name: "OpenAI's prompt cache",
      clear: null,
      otherwise: "it forgets by itself, within minutes to an hour; a prompt of its own is cold",
    },
  ],
  counters: null,
  proof: ["usage.prompt_tokens_details.cached_tokens"],
  recognise(answers) {
    const headers = headersOf(answers);
    // LiteLLM and others say "openai" of every model, so the owner alone shows nothing.
    if (headers.length === 0) return [];
    const owner = ownerOf(answers) ?? "";
    return [
      ...headers.map((name) => `the header ${name}`),
      ...(OWNERS.includes(owner) ? [`owned_by ${JSON.stringify(owner)} of /models`] : []),
    ];
  },
  version: ({ headers }) => headers["openai-version"] ?? null,
  advice: () => [
    "Prompts below 1,024 tokens are never cached.",
    "Queue and prefill times are not told; TTFT holds the network's way there and back.",
  ],
};
