import { isObject, type JsonObject } from "../../domain/json.js";
import { MOST_TOKENS } from "../../domain/records/token-count.js";
import type { Endpoint } from "../../wire/endpoint.js";
import type { Call } from "./call.js";
import type { ContextLimit, ContextRefusal } from "./facts.js";
import type { Model } from "./models.js";

/**
 * Where servers put the limit in an entry of `/models`: vLLM and SGLang, Groq, OpenRouter and Together, LM Studio and
 * Mistral, LM Studio's loaded one, LiteLLM.
 */
const LIMIT_FIELDS = [
  "max_model_len",
  "context_window",
  "context_length",
  "max_context_length",
  "loaded_context_length",
  "max_input_tokens",
];

/**
 * The context limit if the server reports it: the smallest of all it reports.
 *
 * llama.cpp's `meta` has the length the model was trained for; what a request may use is in its `/props`. LiteLLM, which says
 * that all its models are OpenAI's, also reports what it knows about them in `/model/info`.
 */
export async function readContextLimit(
  endpoint: Endpoint,
  call: Call,
  model: Model,
): Promise<ContextLimit | null> {
  const { meta, top_provider } = model.entry;
  const told = [
    ...fieldsOf(model.entry, "", "/models"),
    ...fieldsOf(top_provider, "top_provider.", "/models"),
  ];
  const add = (limits: readonly ContextLimit[]): void => {
    for (const limit of limits) told.push(limit);
  };
  if (isObject(meta)) {
    const props = await get(call, `${endpoint.rootPath}/props`);
    const settings = isObject(props) ? props.default_generation_settings : null;
    add(limitOf(isObject(settings) ? settings.n_ctx : null, "n_ctx of /props"));
    add(limitOf(meta.n_ctx, "meta.n_ctx of /models"));
    if (told.length === 0) add(limitOf(meta.n_ctx_train, "meta.n_ctx_train of /models"));
  }
  if (told.length === 0 && model.entry.owned_by === "openai") {
    const info = await get(call, `${endpoint.basePath}/model/info`);
    const entries: readonly unknown[] = isObject(info) && Array.isArray(info.data) ? info.data : [];
    for (const entry of entries) {
      if (isObject(entry) && entry.model_name === model.id)
        add(fieldsOf(entry.model_info, "", "/model/info"));
    }
  }
  return told.reduce<ContextLimit | null>(
    (least, limit) => (least === null || limit.tokens < least.tokens ? limit : least),
    null,
  );
}

function fieldsOf(entry: unknown, prefix: string, path: string): ContextLimit[] {
  if (!isObject(entry)) return [];
  return LIMIT_FIELDS.flatMap((field) => limitOf(entry[field], `${prefix}${field} of ${path}`));
}

/** A limit as a number or as its digits; null for anything else. */
function limitOf(value: unknown, source: string): ContextLimit[] {
  const digits = typeof value === "string" && /^\d[\d_,]*$/.test(value.trim());
  const tokens = digits ? Number(value.replace(/[_,\s]/g, "")) : value;
  return Number.isSafeInteger(tokens) && (tokens as number) > 0 && (tokens as number) < MOST_TOKENS
    ? [{ tokens: tokens as number, source }]
    : [];
}

async function get(call: Call, path: string): Promise<JsonObject | null> {
  const answer = await call("GET", path);
  if (answer.how !== "answered" || answer.status !== 200) return null;
  try {
    const value: unknown = JSON.parse(answer.body);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** Words that are used only about a request's length. */
const OF_LENGTH =
  /context[ _-]?(length|size|window|limit)|maximum (model|input|prompt) length|exceed_context_size|context_length_exceeded|(prompt|input|request)( \w+)? (is |was )?(too long|longer than)|too many (input )?tokens|maximum number of tokens|reduce the length of|`inputs` tokens/i;

/** Each with the limit as its only group. */
const LIMITS = [
  /context[ _-]?(?:length|size|window|limit)[^\d"]{0,24}?(\d+)/i,
  /(\d+) maximum context length/i,
  /maximum (?:model|input|prompt) length(?: is| of)?[ (:=]*(\d+)/i,
  /limit of (\d+) tokens/i,
  /> (\d+) maximum/i,
  /must be <= (\d+)/i,
  /maximum number of tokens allowed[ (:=]*(\d+)/i,
  /\bn_ctx[^\d"]{0,4}(\d+)/i,
];

/** Each with the prompt's tokens as its only group. */
const PROMPTS = [
  /(\d+) in the (?:messages|prompt)/i,
  /passed (\d+) input tokens/i,
  /(?:has|contains|with)(?: at least)? (\d+) (?:input |prompt )?tokens/i,
  /resulted in (\d+) tokens/i,
  /(?:request|input|tokens) \((\d+)(?: tokens)?\)/i,
  /\(length (\d+)\)/i,
  /too long: (\d+) tokens/i,
  /(\d+) `inputs` tokens/i,
  /token count[ (:=]*(\d+)/i,
];

/**
 * Reads the body of a failed answer: whether the request was too long for the model's context, and by how much.
 *
 * Sources of the words: vLLM, llama.cpp (`exceed_context_size_error`), OpenAI (`context_length_exceeded`), SGLang,
 * Hugging Face's TGI, Mistral, Anthropic, Gemini; the tests have each.
 *
 * @example
 * contextRefusal(400, '{"message":"This model's maximum context length is 8192 tokens. …"}')
 * // { limitTokens: 8192, promptTokens: null }
 */
export function contextRefusal(status: number | null, body: string): ContextRefusal | null {
  // 429 is about a rate: the same request may succeed a minute later.
  if (status === 429) return null;
  const fields = errorOf(body);
  const limit = tokens(fields.n_ctx);
  if (limit === null && !OF_LENGTH.test(body)) {
    return status === 413 ? { limitTokens: null, promptTokens: null } : null;
  }
  const words = body.replace(/(\d),(?=\d{3}\b)/g, "$1");
  return {
    limitTokens: limit ?? first(LIMITS, words),
    promptTokens: tokens(fields.n_prompt_tokens) ?? first(PROMPTS, words),
  };
}

function errorOf(body: string): JsonObject {
  try {
    const value: unknown = JSON.parse(body);
    if (!isObject(value)) return {};
    return isObject(value.error) ? value.error : value;
  } catch {
    return {};
  }
}

const tokens = (value: unknown): number | null =>
  typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : null;

function first(patterns: readonly RegExp[], words: string): number | null {
  for (const pattern of patterns) {
    const found = tokens(Number(pattern.exec(words)?.[1]));
    if (found !== null) return found;
  }
  return null;
}

/** The refusal behind an error: its `cause`. */
export function refusalBehind(error: unknown): ContextRefusal | null {
  const cause: unknown = error instanceof Error ? error.cause : null;
  return isObject(cause) && "limitTokens" in cause && "promptTokens" in cause
    ? (cause as unknown as ContextRefusal)
    : null;
}
