import { randomInt } from "node:crypto";
import { z } from "zod";
import type { GenerationRequest } from "../methods/engine.js";
import type { Sampling } from "../methods/sampling.js";
import { type ChatMessage, ChatTemplateError, type ModelTokenizer } from "../model/model-tokenizer.js";
import { ApiError } from "./api-error.js";
import { cacheField, cacheUse } from "./cache-field.js";
import type { Limits } from "./limits.js";
import { parseBody } from "./parse-body.js";

/** A request of either completion endpoint, checked and tokenised. */
export interface CompletionRequest extends GenerationRequest {
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Texts that end the answer. */
  readonly stop: readonly string[];
  /** How many of the likeliest tokens are told with each token of the answer; null for no log-probabilities. */
  readonly logprobs: number | null;
  /** The same of each token of the prompt. */
  readonly promptLogprobs: number | null;
}

/** As vLLM has it by default. */
const MOST_LOGPROBS = 20;
const DEFAULT_CHAT_TOKENS = 256;
const DEFAULT_COMPLETION_TOKENS = 16;

const common = {
  model: z.string().nullish(),
  max_tokens: z.int().min(1).nullish(),
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
  cache_salt: z.string().min(1).nullish(),
  cache: cacheField.nullish(),
};

const content = z.union([
  z.string(),
  z
    .array(z.object({ type: z.literal("text"), text: z.string() }))
    .transform((parts) => parts.map((part) => part.text).join("")),
  z.null().transform(() => ""),
]);

/** The field `messages`; contents come as one text each. */
export const messagesField = z.array(z.object({ role: z.string(), content })).min(1);

/** Fields that a chat template is told, as vLLM names them. */
export const templateFields = {
  add_generation_prompt: z.boolean().nullish(),
  chat_template_kwargs: z.record(z.string(), z.unknown()).nullish(),
};

const chatBody = z.object({
  ...common,
  ...templateFields,
  messages: messagesField,
  max_completion_tokens: z.int().min(1).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(MOST_LOGPROBS).nullish(),
});

const completionBody = z.object({
  ...common,
  add_special_tokens: z.boolean().nullish(),
  logprobs: z.int().min(0).max(MOST_LOGPROBS).nullish(),
  prompt: z.union([z.string(), z.array(z.int().min(0)).min(1)], "must be one text or one array of token ids"),
});

/** @throws ApiError 400 or 404 that says which field breaks which rule. */
export function parseChat(body: unknown, limits: Limits): CompletionRequest {
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
  const parsed = parseBody(completionBody, body, limits.model);
  return request(parsed, limits, {
    prompt: promptIds(parsed, limits),
    asked: parsed.max_tokens,
    otherwise: DEFAULT_COMPLETION_TOKENS,
    logprobs: parsed.logprobs ?? null,
  });
}

/** @throws ApiError 400 when the model's chat template does not take the messages. */
export function chatPrompt(
  {
    messages,
    add_generation_prompt: addGenerationPrompt,
    chat_template_kwargs: more,
  }: z.infer<z.ZodObject<typeof templateFields>> & { readonly messages: readonly ChatMessage[] },
  tokenizer: ModelTokenizer,
): Int32Array {
  try {
    return tokenizer.chat(messages, { addGenerationPrompt: addGenerationPrompt ?? true, more: more ?? {} });
  } catch (error) {
    if (error instanceof ChatTemplateError) throw new ApiError(400, `messages: ${error.message}`);
    throw error;
  }
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

/** As with vLLM a text gets what the model wants before it unless told otherwise; ids only when it is asked for. */
function promptIds(
  { prompt, add_special_tokens: special }: z.infer<typeof completionBody>,
  { tokenizer }: Limits,
): Int32Array {
  if (typeof prompt === "string") {
    const ids = special === false ? tokenizer.encode(prompt) : tokenizer.prompt(prompt);
    if (ids.length === 0) throw new ApiError(400, "prompt: has no tokens.");
    return ids;
  }
  const unknown = prompt.find((id) => id >= tokenizer.ids);
  if (unknown !== undefined) {
    throw new ApiError(
      400,
      `prompt: token id ${unknown} is not below the vocabulary's size, ${tokenizer.ids}.`,
    );
  }
  return Int32Array.from(special === true ? [...tokenizer.prompt(""), ...prompt] : prompt);
}

/** What the two endpoints word each in its own way. */
interface Asked {
  readonly prompt: Int32Array;
  /** Tokens to generate, and how many where that is not said. */
  readonly asked: number | null | undefined;
  readonly otherwise: number;
  readonly logprobs: number | null;
}

type Common = z.infer<z.ZodObject<typeof common>>;

function request(
  body: Common,
  limits: Limits,
  { prompt, asked, otherwise, logprobs }: Asked,
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
  if (body.prompt_logprobs != null && body.stream === true) {
    throw new ApiError(400, "prompt_logprobs: are not told in a stream.");
  }
  return {
    prompt,
    maxTokens: wanted,
    logprobs,
    promptLogprobs: body.prompt_logprobs ?? null,
    cache: cacheUse(body.cache ?? { method: "prefix" }, prompt, limits),
    salt: body.cache_salt ?? "",
    ignoreEos: body.ignore_eos ?? false,
    sampling: samplingOf(body),
    stop: body.stop ?? [],
    stream: body.stream ?? false,
    includeUsage: body.stream_options?.include_usage ?? false,
  };
}
