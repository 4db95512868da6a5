import { type Answers, ownerOf, pageSays } from "./profile/answers.js";
import type { Profile } from "./profile/profile.js";

const isItsPage = (answers: Answers): boolean =>
  /llama\.cpp Python API/.test(pageSays(answers, "title") ?? "");

/**
 * The server of llama-cpp-python (`python -m llama_cpp.server`). It keeps the KV of its last prompt, and of more prompts with
 * `--cache true`; no request field prevents its use, and no answer reports a hit.
 *
 * Source: llama-cpp-python 0.3.36 `llama_cpp/server/{app,errors}.py`, `llama_cpp/llama.py` (`generate`).
 */
export const llamaCppPython: Profile = {
  name: "llama-cpp-python",
  title: "llama-cpp-python's server",
  asks: ["/openapi.json"],
  cold: null,
  coldEverywhere: false,
  chunks: null,
  tiers: [
    {
      name: "the last prompt, and what --cache keeps",
      clear: null,
      otherwise: "a prompt that differs from the first words on is cold",
    },
  ],
  counters: null,
  proof: [],
  signsNeeded: 2,
  recognise(answers) {
    const page = isItsPage(answers) ? ["the title of /openapi.json"] : [];
    // Other servers say either of these too.
    const beside = [
      ...(ownerOf(answers) === "me" ? ['owned_by "me" of /models'] : []),
      ...(answers.headers["openai-processing-ms"] !== undefined &&
      answers.headers["openai-version"] === undefined
        ? ["the header openai-processing-ms"]
        : []),
    ];
    return page.length > 0 || beside.length === 2 ? [...page, ...beside] : [];
  },
  blockTokens: () => 1,
  version: (answers) => (isItsPage(answers) ? pageSays(answers, "version") : null),
  advice: () => [
    "It reports no cached tokens: hits and cold requests can't be proven, only arranged. llama.cpp's own llama-server " +
      "does report them.",
  ],
};
