import { jsonObject } from "../domain/json.js";
import { type Answers, jsonAt, ownerOf, textAt } from "./profile/answers.js";
import type { ClearReading, ClearRoute, Profile } from "./profile/profile.js";

/** Ollama unloads a model and its cache if the time to keep it is zero: `{"done_reason": "unload"}`. */
const unloadModel: ClearRoute = {
  at: "server",
  method: "POST",
  path: "/api/generate",
  body: (model) => ({ model, keep_alive: 0, stream: false }),
  read({ status, body }): ClearReading {
    return status === 200 && jsonObject(body)?.done_reason === "unload" ? "done" : "unclear";
  },
};

const listsModels = (answers: Answers): boolean => Array.isArray(jsonAt(answers, "/api/tags")?.models);

/**
 * Ollama, by its OpenAI route. Its context is the one it was loaded with (`OLLAMA_CONTEXT_LENGTH`), and a longer prompt is
 * cut silently, which the prompt's tokens in the record reveal.
 *
 * Source: Ollama 0.12 `openai/openai.go`, `docs/api.md` (unloading a model).
 */
export const ollama: Profile = {
  name: "ollama",
  title: "Ollama",
  asks: ["/api/version", "/api/tags", "/"],
  cold: null,
  coldEverywhere: false,
  chunks: null,
  tiers: [
    {
      name: "the loaded model's cache",
      clear: unloadModel,
      otherwise: "run `ollama stop MODEL`; the next request then loads the model, which takes time",
    },
  ],
  counters: null,
  proof: ["usage.prompt_tokens_details.cached_tokens"],
  signsNeeded: 2,
  recognise: (answers) => [
    ...(textAt(answers, "/api/version", "version") !== null && listsModels(answers)
      ? ["/api/version and /api/tags"]
      : []),
    ...(ownerOf(answers) === "library" ? ['owned_by "library" of /models'] : []),
    // Other servers (KoboldCpp) have its routes; a model that is not from its library has another owner.
    ...(/^Ollama is running/.test(answers.got.get("/")?.body ?? "") ? ["its greeting at /"] : []),
  ],
  blockTokens: () => 1,
  version: (answers) => textAt(answers, "/api/version", "version"),
  advice: ({ reportsCachedTokens }) => [
    ...(reportsCachedTokens ? [] : ["Answers carry no cached_tokens: update Ollama."]),
    "Prompts longer than the loaded context are cut silently; such requests are excluded from all results.",
  ],
};
