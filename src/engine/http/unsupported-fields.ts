import { isObject } from "../../domain/json.js";
import { ApiError } from "./api-error.js";

/** Whether a value of a field changes no answer. */
type ChangesNothing = (value: unknown) => boolean;

const nothing: ChangesNothing = (value) =>
  value === "" || (Array.isArray(value) && value.length === 0) || (isObject(value) && isEmpty(value));
const only =
  (...neutral: readonly unknown[]): ChangesNothing =>
  (value) =>
    neutral.includes(value);
const isEmpty = (value: object): boolean => Object.keys(value).length === 0;

/** Of both endpoints. */
const COMMON = {
  best_of: only(1),
  presence_penalty: only(0),
  frequency_penalty: only(0),
  repetition_penalty: only(1),
  min_p: only(0),
  length_penalty: only(1),
  use_beam_search: only(false),
  logit_bias: nothing,
  logits_processors: nothing,
  allowed_token_ids: nothing,
  bad_words: nothing,
  stop_token_ids: nothing,
  include_stop_str_in_output: only(false),
  skip_special_tokens: only(true),
  spaces_between_special_tokens: only(true),
  truncate_prompt_tokens: nothing,
  response_format: (value) => isObject(value) && value.type === "text",
  structured_outputs: nothing,
  guided_json: nothing,
  guided_regex: nothing,
  guided_choice: nothing,
  guided_grammar: nothing,
  grammar: nothing,
  json_schema: nothing,
  return_tokens_as_token_ids: only(false),
  return_token_ids: only(false),
} satisfies Readonly<Record<string, ChangesNothing>>;

const COMPLETION = { ...COMMON, suffix: nothing, prompt_embeds: nothing };

const CHAT = {
  ...COMMON,
  echo: only(false),
  add_special_tokens: only(false),
  continue_final_message: only(false),
  chat_template: nothing,
  documents: nothing,
  functions: nothing,
  function_call: only("none"),
  modalities: (value: unknown) => String(value) === "text",
  audio: nothing,
  prediction: nothing,
};

/**
 * Refuses, by its name, a field of OpenAI's or vLLM's API that would change the answer and is not heeded here: ignoring it
 * would give another answer than was asked for. One with the value it has when it is left out is none.
 *
 * @throws ApiError 400.
 */
export function requireSupported(body: unknown, of: "chat" | "completion"): void {
  if (!isObject(body)) return;
  for (const [field, changesNothing] of Object.entries(of === "chat" ? CHAT : COMPLETION)) {
    const value = body[field];
    if (value == null || changesNothing(value)) continue;
    throw new ApiError(400, `${field}: is not supported by this engine. Leave it out.`);
  }
}
