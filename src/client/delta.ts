import { isObject, type JsonObject } from "../domain/json.js";
import { serverMessage } from "./server-message.js";

/** What one `chat.completion.chunk` holds, as far as timing and usage need it. */
export interface Delta {
  /** A choice has non-empty `content`: a token in the sense of TTFT. */
  readonly hasContent: boolean;
  /** A choice has non-empty `reasoning_content` or `reasoning`. */
  readonly hasReasoning: boolean;
  /** A choice has a part of a tool call, a function call or a refusal: tokens of their own kind. */
  readonly hasOther: boolean;
  /** Text of the first choice (index 0); another choice is timed but not read. */
  readonly content: string;
  readonly reasoning: string;
  readonly finishReason: string | null;
  readonly usage: JsonObject | null;
  /** llama.cpp's own figures. */
  readonly timings: JsonObject | null;
  /** The server's message, when this is an error and not a chunk. */
  readonly error: string | null;
}

export { isObject, type JsonObject };

/**
 * Reads the data of one event; `null` when it is not a JSON object.
 *
 * A delta that only names the role, or whose text is null or empty, holds no token; nor does the last chunk,
 * which carries usage and `choices: []`.
 */
export function readDelta(data: string): Delta | null {
  let chunk: unknown;
  try {
    chunk = JSON.parse(data);
  } catch {
    return null;
  }
  if (!isObject(chunk)) return null;

  let hasContent = false;
  let hasReasoning = false;
  let hasOther = false;
  let content = "";
  let reasoning = "";
  let finishReason: string | null = null;
  for (const choice of Array.isArray(chunk.choices) ? chunk.choices : []) {
    if (!isObject(choice)) continue;
    const delta = isObject(choice.delta) ? choice.delta : {};
    // `text` is where the completions of a bare prompt have it.
    const words = text(delta.content) || text(choice.text);
    const thoughts = text(delta.reasoning_content) || text(delta.reasoning);
    hasContent ||= words !== "";
    hasReasoning ||= thoughts !== "";
    hasOther ||= isCall(delta.tool_calls) || isObject(delta.function_call) || text(delta.refusal) !== "";
    if ((choice.index ?? 0) !== 0) continue;
    content += words;
    reasoning += thoughts;
    if (typeof choice.finish_reason === "string") finishReason = choice.finish_reason;
  }
  return {
    hasContent,
    hasReasoning,
    hasOther,
    content,
    reasoning,
    finishReason,
    usage: isObject(chunk.usage) ? chunk.usage : null,
    timings: isObject(chunk.timings) ? chunk.timings : null,
    error: isError(chunk) ? serverMessage(data) : null,
  };
}

/** A string, or the text parts of a list of content parts. */
function text(value: unknown): string {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return "";
  return value.map((part) => (isObject(part) && typeof part.text === "string" ? part.text : "")).join("");
}

const isCall = (value: unknown): boolean => Array.isArray(value) && value.length > 0;

/** `{"error": …}`, or `{"object": "error", …}` of older vLLM builds. */
const isError = (chunk: JsonObject): boolean =>
  (chunk.error !== undefined && chunk.error !== null) || chunk.object === "error";
