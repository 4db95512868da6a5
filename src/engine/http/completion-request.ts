import { randomInt } from "node:crypto";
import { z } from "zod";
import { isObject, jsonObject } from "../../domain/json.js";
import type { GenerationRequest } from "../methods/engine.js";
import type { Sampling } from "../methods/sampling.js";
import { type ChatMessage, ChatTemplateError, type ModelTokenizer } from "../model/model-tokenizer.js";
import { ApiError } from "./api-error.js";
import { cacheField, cacheUse } from "./cache-field.js";
import type { Limits } from "./limits.js";
import { parseBody } from "./parse-body.js";
import { requireIds } from "./token-ids.js";
import { requireSupported } from "./unsupported-fields.js";

/** A request of either completion endpoint, checked and tokenised. */
export interface CompletionRequest extends GenerationRequest {
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Texts that end the answer after `minTokens`. */
  readonly stop: readonly string[];
  /** The prompt's text if the answer is to begin with it; null otherwise. */
  readonly echo: string | null;
  /** Nothing is generated: only the prompt is requested. */
  readonly onlyEchoes: boolean;
  /** How many of the likeliest tokens are reported with each token of the answer; null for no log-probabilities. */
  readonly logprobs: number | null;
  /** The same for each token of the prompt from the second on. */
  readonly promptLogprobs: number | null;
  readonly promptLogprobsFrom: number;
}

/** As vLLM has it by default. */
const MOST_LOGPROBS = 20;
const DEFAULT_CHAT_TOKENS = 256;
const DEFAULT_COMPLETION_TOKENS = 16;

const common = {
  model: z.string().nullish(),
  min_tokens: z.int().min(0).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.literal(1, "must be 1: this engine answers once").nullish(),
  ignore_eos: z.boolean().nullish(),
  temperature: z.number().min(0).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.int().min(-1).nullish(),
  seed: z.int().nullish(),
  stop: z
    .union([
      z
        .string()
        .min(1)
        .transform((text) => [text]),
      z.array(z.string().min(1)),
    ])
    .nullish(),
  prompt_logprobs: z.int().min(0).max(MOST_LOGPROBS).nullish(),
  prompt_logprobs_from: z.int().min(0).nullish(),
  cache_salt: z.string().min(1).nullish(),
  cache: cacheField.nullish(),
};

const content = z.union(
  [
    z.string(),
    z
      .array(z.object({ type: z.literal("text"), text: z.string() }))
      .transform((parts) => parts.map((part) => part.text).join("")),
    z.null().transform(() => ""),
  ],
  "must be a text, or parts of the type text",
);

/** The field `messages`; each content is one text, and other fields of a message are for the template. */
export const messagesField = z
  .array(z.looseObject({ role: z.string(), content: content.default("") }))
  .min(1);

/** Fields for the chat template, named as in vLLM. */
export const templateFields = {
  add_generation_prompt: z.boolean().nullish(),
  chat_template_kwargs: z.record(z.string(), z.unknown()).nullish(),
  reasoning_effort: z.string().nullish(),
  tools: z.array(z.looseObject({}), "must be a list of tools").nullish(),
  tool_choice: z.union([z.string(), z.looseObject({})]).nullish(),
};

const chatBody = z.object({
  ...common,
  ...templateFields,
  messages: messagesField,
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(MOST_LOGPROBS).nullish(),
});

const completionBody = z.object({
  ...common,
  add_special_tokens: z.boolean().nullish(),
  max_tokens: z.int().min(0).nullish(),
  echo: z.boolean().nullish(),
  logprobs: z.int().min(0).max(MOST_LOGPROBS).nullish(),
  prompt: z.union([z.string(), z.array(z.number()).min(1)], "must be one text or one array of token ids"),
});

/** @throws ApiError 400 or 404 that says which field breaks which rule. */
export function parseChat(body: unknown, limits: Limits): CompletionRequest {
  requireSupported(body, "chat");
  const parsed = parseBody(chatBody, body, limits.model);
  if (parsed.top_logprobs != null && parsed.logprobs !== true) {
    throw new ApiError(400, "top_logprobs: needs logprobs to be true.");
  }
  return request(parsed, limits, {
    prompt: chatPrompt(parsed, limits.tokenizer),
    asked: parsed.max_completion_tokens ?? parsed.max_tokens,
    otherwise: DEFAULT_CHAT_TOKENS,
    logprobs: parsed.logprobs === true ? (parsed.top_logprobs ?? 0) : null,
  });
}

/** @throws ApiError 400 or 404 that says which field breaks which rule. */
export function parseCompletion(body: unknown, limits: Limits): CompletionRequest {
  requireSupported(body, "completion");
  const parsed = parseBody(completionBody, body, limits.model);
  if (parsed.max_tokens === 0 && parsed.echo !== true) {
    throw new ApiError(400, "max_tokens: must be at least 1, unless the prompt is to be echoed.");
  }
  if (parsed.echo === true && parsed.stream === true && parsed.logprobs != null) {
    throw new ApiError(400, "logprobs: those of an echoed prompt are not available in a stream.");
  }
  const prompt = promptIds(parsed, limits);
  const text = typeof parsed.prompt === "string" ? parsed.prompt : limits.tokenizer.decode(prompt);
  return request(parsed, limits, {
    prompt,
    asked: parsed.max_tokens,
    otherwise: DEFAULT_COMPLETION_TOKENS,
    logprobs: parsed.logprobs ?? null,
    ...(parsed.echo === true && { echo: text }),
  });
}

/** @throws ApiError 400 if the model's chat template rejects the messages. */
export function chatPrompt(
  {
    messages,
    add_generation_prompt: addGenerationPrompt,
    chat_template_kwargs: kwargs,
    reasoning_effort,
    tools,
    tool_choice,
  }: z.infer<z.ZodObject<typeof templateFields>> & { readonly messages: readonly ChatMessage[] },
  tokenizer: ModelTokenizer,
): Int32Array {
  const more = {
    ...(reasoning_effort != null && { reasoning_effort }),
    ...(hasTools(tools, tool_choice) && { tools }),
    ...kwargs,
  };
  try {
    return tokenizer.chat(messages.map(withArguments), {
      addGenerationPrompt: addGenerationPrompt ?? true,
      more,
    });
  } catch (error) {
    if (error instanceof ChatTemplateError) throw new ApiError(400, `messages: ${error.message}`);
    throw error;
  }
}

/**
 * Whether tools are put into the template. As in a vLLM started without a parser of tool calls, none may be called: an answer
 * would contain the call as unparsed text.
 */
function hasTools(tools: readonly unknown[] | null | undefined, choice: unknown): boolean {
  const isGiven = tools != null && tools.length > 0;
  const asked = choice ?? (isGiven ? "auto" : "none");
  if (asked === "none" || (!isGiven && asked === "auto")) return isGiven;
  const name = typeof asked === "string" ? asked : "of a function";
  throw new ApiError(
    400,
    `tools: the tool_choice ${name} needs a parser of tool calls, which this engine lacks; with tool_choice none they are ` +
      "put into the chat template.",
  );
}

/** As with vLLM, a template is given the arguments of an earlier call as the object that their JSON is. */
function withArguments(message: ChatMessage & { readonly tool_calls?: unknown }): ChatMessage {
  if (!Array.isArray(message.tool_calls)) return message;
  const tool_calls = message.tool_calls.map((call: unknown) => {
    const own = isObject(call) && isObject(call.function) ? call.function : null;
    const parsed = typeof own?.arguments === "string" ? jsonObject(own.arguments) : null;
    return parsed === null ? call : { ...(call as object), function: { ...own, arguments: parsed } };
  });
  return { ...message, tool_calls } as ChatMessage;
}

function samplingOf({ temperature, top_p: topP, top_k: topK, seed }: Common): Sampling | null {
  if (temperature == null || temperature === 0) return null;
  return {
    temperature,
    topP: topP ?? 1,
    topK: topK == null || topK < 1 ? null : topK,
    seed: seed ?? randomInt(2 ** 32),
  };
}

/** As in vLLM, a text gets the model's usual beginning unless told otherwise; ids get it only on request. */
function promptIds(
  { prompt, add_special_tokens: special }: z.infer<typeof completionBody>,
  { tokenizer }: Limits,
): Int32Array {
  if (typeof prompt === "string") {
    const ids = special === false ? tokenizer.encode(prompt) : tokenizer.prompt(prompt);
    if (ids.length === 0) throw new ApiError(400, "prompt: has no tokens.");
    return ids;
  }
  requireIds("prompt", prompt, tokenizer);
  return Int32Array.from(special === true ? [...tokenizer.prompt(""), ...prompt] : prompt);
}

/** What differs between the two routes. */
interface Asked {
  readonly prompt: Int32Array;
  /** Tokens to generate, and their default. */
  readonly asked: number | null | undefined;
  readonly otherwise: number;
  readonly logprobs: number | null;
  readonly echo?: string;
}

type Common = z.infer<z.ZodObject<typeof common>>;

function request(
  body: Common,
  limits: Limits,
  { prompt, asked, otherwise, logprobs, echo }: Asked,
): CompletionRequest {
  const limit = limits.maxTokens;
  const wanted = asked ?? Math.max(1, Math.min(otherwise, limit - prompt.length));
  if (prompt.length + wanted > limit) {
    throw new ApiError(
      400,
      `This model's maximum context length is ${limit} tokens. However, you requested ${prompt.length + wanted} tokens ` +
        `(${prompt.length} in the prompt, ${wanted} in the completion). Shorten the prompt or lower max_tokens.`,
    );
  }
  const minTokens = body.min_tokens ?? 0;
  if (minTokens > wanted) {
    throw new ApiError(400, `min_tokens: must be at most max_tokens, ${wanted}; it is ${minTokens}.`);
  }
  if (body.prompt_logprobs != null && body.stream === true) {
    throw new ApiError(400, "prompt_logprobs: are not available in a stream.");
  }
  if (body.prompt_logprobs_from != null && (body.prompt_logprobs == null || echo !== undefined)) {
    throw new ApiError(400, "prompt_logprobs_from: needs prompt_logprobs, and no echo.");
  }
  return {
    prompt,
    maxTokens: Math.max(1, wanted),
    minTokens,
    echo: echo ?? null,
    onlyEchoes: wanted === 0,
    logprobs,
    promptLogprobs: body.prompt_logprobs ?? null,
    promptLogprobsFrom: body.prompt_logprobs_from ?? 0,
    cache: cacheUse(body.cache ?? { method: "prefix" }, prompt, limits),
    salt: body.cache_salt ?? "",
    ignoreEos: body.ignore_eos ?? false,
    sampling: samplingOf(body),
    stop: body.stop ?? [],
    stream: body.stream ?? false,
    includeUsage: body.stream_options?.include_usage ?? false,
  };
}
