import { OptionError } from "../domain/errors/errors.js";
import { isObject, type JsonObject } from "../domain/json.js";
import type { ChatRequest, CompleteRequest, CompletionOptions } from "./request.js";

const OURS = ["model", "messages", "prompt", "stream"];

/** The body of a chat completion. */
export function chatBody(model: string, body: JsonObject, request: ChatRequest): JsonObject {
  const { messages } = request;
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new OptionError("messages", "must be a list of at least one message", messages);
  }
  const sent = messages.map(({ role, content }) => ({ role, content }));
  return requestBody(model, { messages: sent }, body, request);
}

/** The body of a completion of a bare prompt. */
export function promptBody(model: string, body: JsonObject, request: CompleteRequest): JsonObject {
  const { prompt } = request;
  if (typeof prompt !== "string" && !(Array.isArray(prompt) && prompt.every(Number.isSafeInteger))) {
    throw new OptionError("prompt", "must be a text or a list of token ids", prompt);
  }
  if (prompt.length === 0) throw new OptionError("prompt", "must not be empty", prompt);
  return requestBody(model, { prompt }, body, request);
}

/**
 * The request body: a caller's fields replace the defaults, except those that define the request.
 *
 * It asks for usage, because most servers report cached tokens nowhere else.
 */
function requestBody(
  model: string,
  prompt: JsonObject,
  body: JsonObject,
  request: CompletionOptions,
): JsonObject {
  const { maxTokens, temperature = 0 } = request;
  if (maxTokens !== undefined && !(Number.isSafeInteger(maxTokens) && maxTokens > 0)) {
    throw new OptionError("maxTokens", "must be a whole number above 0", maxTokens);
  }
  if (!(Number.isFinite(temperature) && temperature >= 0)) {
    throw new OptionError("temperature", "must be a number of at least 0", temperature);
  }
  const fields = { ...body, ...extraFields(request.body ?? {}) };
  const streamOptions = isObject(fields.stream_options) ? fields.stream_options : {};
  const namesLimit = fields.max_completion_tokens !== undefined;
  return {
    model,
    ...prompt,
    stream: true,
    temperature,
    ...(maxTokens === undefined || namesLimit ? {} : { max_tokens: maxTokens }),
    ...(request.stop === undefined ? {} : { stop: request.stop }),
    ...fields,
    ...("stream_options" in fields && fields.stream_options === undefined
      ? {}
      : { stream_options: { include_usage: true, ...streamOptions } }),
  };
}

/** Checks the additional fields of a body, from `connect` or from one request. */
export function extraFields(body: JsonObject): JsonObject {
  const taken = OURS.find((field) => Object.hasOwn(body, field));
  if (taken !== undefined)
    throw new OptionError("body", `must not set ${OURS.join(", ")}, which this client sets itself`, taken);
  return body;
}
