import { isObject, type JsonObject } from "../../domain/json.js";
import type { Endpoint } from "../../wire/endpoint.js";
import type { Call } from "./call.js";

const WORDS = "one two three";

/** `/tokenize` with and without the special tokens of a prompt: vLLM's form, then llama.cpp's. */
const FORMS: readonly ((model: string, special: boolean) => JsonObject)[] = [
  (model, special) => ({ model, prompt: WORDS, add_special_tokens: special }),
  (_model, special) => ({ content: WORDS, add_special: special }),
];

/**
 * The ids a server puts before a text prompt, by its `/tokenize`: BOS, or none. Null if it has no such route, or also puts
 * something after a text.
 */
export async function findPromptBeginning(
  { rootPath }: Endpoint,
  call: Call,
  model: string,
): Promise<readonly number[] | null> {
  for (const form of FORMS) {
    const [special, plain] = [await idsOf(form(model, true)), await idsOf(form(model, false))];
    if (special === null || plain === null) continue;
    const beginning = special.slice(0, Math.max(0, special.length - plain.length));
    return `${special}` === `${[...beginning, ...plain]}` ? beginning : null;
  }
  return null;

  async function idsOf(json: JsonObject): Promise<readonly number[] | null> {
    const answer = await call("POST", `${rootPath}/tokenize`, json);
    if (answer.how !== "answered" || answer.status !== 200) return null;
    try {
      const value: unknown = JSON.parse(answer.body);
      const tokens = isObject(value) ? value.tokens : null;
      return Array.isArray(tokens) && tokens.length > 0 && tokens.every(Number.isSafeInteger) ? tokens : null;
    } catch {
      return null;
    }
  }
}
