import { isObject, type JsonObject } from "../../domain/json.js";
import { MOST_TOKENS } from "../../domain/records/token-count.js";
import type { Endpoint } from "../../wire/endpoint.js";
import type { Call } from "./call.js";
import type { Model } from "./models.js";

/** The most tokens a request may have, prompt and answer together, and where the server says so. */
export interface ContextLimit {
  readonly tokens: number;
  readonly source: string;
}

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
 * The context limit, when the server tells it: the smallest of all that it tells.
 *
 * llama.cpp's `meta` has the length the model was trained for; what a request may use is in its `/props`. LiteLLM, whose
 * models are all said to be OpenAI's, has what it knows of them in `/model/info`, too.
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

/** A limit as a number or as its digits; nothing of what is none. */
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
