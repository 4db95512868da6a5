import { isObject, type JsonObject, jsonValue } from "../../domain/json.js";
import type { TimedEvent } from "../../wire/event-stream.js";
import { errorIn, isFailedReason } from "./server-error.js";
import { usageReports } from "./server-figures.js";

/** What one event of a stream is. */
export type EventMeaning =
  | { readonly kind: "chunk"; readonly delta: Delta }
  | { readonly kind: "done" }
  /** It only keeps the connection alive, or is meant for other kinds of clients. */
  | { readonly kind: "ignored" }
  /** The server put an error into the stream, here as JSON or text. */
  | { readonly kind: "error"; readonly data: string; readonly finishReason: string | null }
  /** It is not one of OpenAI's. */
  | { readonly kind: "not understood"; readonly data: string };

const DONE: EventMeaning = { kind: "done" };
const IGNORED: EventMeaning = { kind: "ignored" };

/** Names of events that report a failure: `error`, `server_error`, `response.failed`. */
const ERROR_NAME = /(?:^|[._-])(?:error|exception|failed|failure)$/i;
/**
 * A word such as "processing", a mark without letters, or a comment that a gateway has wrapped again (`data: : PROCESSING`).
 */
const KEEP_ALIVE =
  /^(?:["[]?(?:ping|pong|heart[-_ ]?beat|keep[-_ ]?alive|alive|waiting|processing)["\]]?|[^\p{L}\p{N}]*|:.*)$/isu;

/**
 * Reads an event.
 *
 * Gateways keep slow streams alive with empty data, a word, or events that have names or no choices: all these mean nothing
 * here. An event with choices is a chunk, whatever its name.
 */
export function meaningOf({ name, data }: TimedEvent): EventMeaning {
  const text = data.trim();
  if (text === "[DONE]" || text === '"[DONE]"') return DONE;
  const isNamed = name !== undefined && name !== "" && name !== "message";
  if (isNamed && ERROR_NAME.test(name)) return { kind: "error", data, finishReason: null };
  if (KEEP_ALIVE.test(text)) return IGNORED;
  const value = jsonValue(text);
  if (value === null || typeof value === "number" || typeof value === "boolean") return IGNORED;
  if (!isObject(value)) return isNamed ? IGNORED : { kind: "not understood", data };
  const delta = readDelta(value);
  if (typeof value.type === "string" && KEEP_ALIVE.test(value.type)) return IGNORED;
  if (delta.error !== null) {
    const { error, finishReason } = delta;
    return isNamed && !saysError(value) ? IGNORED : { kind: "error", data: error, finishReason };
  }
  return Array.isArray(value.choices) || delta.usage.length > 0 || delta.timings !== null
    ? { kind: "chunk", delta }
    : IGNORED;
}

/** Named events of other kinds may have a message of their own; an error says so. */
const saysError = (value: JsonObject): boolean =>
  "error" in value || "choices" in value || value.type === "error";

/** What one `chat.completion.chunk` contains, as far as timing and usage need it. */
export interface Delta {
  /** A choice has non-empty content: a token in the sense of TTFT. */
  readonly hasContent: boolean;
  /** A choice has non-empty reasoning, in whatever field. */
  readonly hasReasoning: boolean;
  /** A choice has a part of a tool call, a function call or a refusal: tokens of their own kind. */
  readonly hasOther: boolean;
  /** Tokens that are not text of the first choice: those of `hasOther`, and those of another choice (`n` above 1). */
  readonly hasBeside: boolean;
  /** Text of the first choice (index 0); another choice is timed but not read. */
  readonly content: string;
  readonly reasoning: string;
  readonly finishReason: string | null;
  /** Reports of usage, in the order of their places. */
  readonly usage: readonly JsonObject[];
  /** llama.cpp's own figures. */
  readonly timings: JsonObject | null;
  /** The server's error as JSON, if there is one, in the chunk or in a choice. */
  readonly error: string | null;
}

const NO_TEXT: MessageText = { content: "", reasoning: "", hasOther: false };

/**
 * Reads one parsed event.
 *
 * A delta that only names the role, or whose text is null or empty, contains no token; neither does the last chunk, which has
 * usage and `choices: []`.
 */
function readDelta(chunk: JsonObject): Delta {
  const choices = choicesOf(chunk);
  let hasContent = false;
  let hasReasoning = false;
  let hasOther = false;
  let hasBeside = false;
  let content = "";
  let reasoning = "";
  let finishReason: string | null = null;
  for (const choice of choices) {
    // Some servers stream whole messages instead of deltas.
    const said = choice.delta ?? choice.message;
    const message = isObject(said) ? readMessageText(said) : NO_TEXT;
    // Completions of a bare prompt have it in `text`.
    const words = message.content || (typeof choice.text === "string" ? choice.text : "");
    hasContent ||= words !== "";
    hasReasoning ||= message.reasoning !== "";
    hasOther ||= message.hasOther;
    const isFirst = (choice.index ?? 0) === 0;
    hasBeside ||= message.hasOther || (!isFirst && (words !== "" || message.reasoning !== ""));
    if (!isFirst) continue;
    content += words;
    reasoning += message.reasoning;
    finishReason = laterReason(finishReason, reasonOf(choice));
  }
  return {
    hasContent,
    hasReasoning,
    hasOther,
    hasBeside,
    content,
    reasoning,
    finishReason,
    usage: usageReports(chunk, choices),
    timings: isObject(chunk.timings) ? chunk.timings : null,
    error: errorIn(chunk, choices),
  };
}

/** The choices of a chunk or a whole answer. */
export const choicesOf = ({ choices }: JsonObject): readonly JsonObject[] =>
  Array.isArray(choices) ? choices.filter(isObject) : [];

/** Why a choice ended; SGLang's own form is an object with a type. */
export function reasonOf({ finish_reason }: JsonObject): string | null {
  const reason = isObject(finish_reason) ? finish_reason.type : finish_reason;
  return typeof reason === "string" && reason !== "" ? reason : null;
}

/** The later reason, except that nothing overrides a failure. */
export const laterReason = (earlier: string | null, later: string | null): string | null =>
  earlier !== null && isFailedReason(earlier) ? earlier : (later ?? earlier);

/** What a message, or a part of one in a stream, contains. */
interface MessageText {
  readonly content: string;
  readonly reasoning: string;
  /** A part of a tool call, a function call or a refusal: tokens of their own kind. */
  readonly hasOther: boolean;
}

/**
 * Where servers put a model's thoughts beside its content: DeepSeek and vLLM, OpenRouter and newer vLLM, Ollama and LiteLLM,
 * others. The same text may be in several of them, so the first that is not empty counts.
 */
const REASONING_FIELDS = ["reasoning_content", "reasoning", "thinking", "reasoning_text", "thinking_blocks"];

/**
 * Reads a `delta` of a stream, or the `message` of a whole answer.
 *
 * Thoughts may also be parts of the content (`{ type: "thinking" }`, Mistral), entries of `reasoning_details`
 * (OpenRouter), or content that a flag says is thought (`extra_content.google.thought`, Gemini).
 *
 * @example readMessageText({ content: "Hi", reasoning: "hm" }) // { content: "Hi", reasoning: "hm", hasOther: false }
 */
export function readMessageText(message: JsonObject): MessageText {
  const said = { content: "", thoughts: "" };
  for (const part of partsOf(message.content)) {
    const isThought = typeof part !== "string" && isThoughtPart(part);
    said[isThought ? "thoughts" : "content"] += textOf(part);
  }
  const isThought = saysThought(message);
  const beside =
    firstText(REASONING_FIELDS.map((field) => message[field])) || textOf(message.reasoning_details);
  return {
    content: isThought ? "" : said.content,
    reasoning: beside || said.thoughts + (isThought ? said.content : ""),
    hasOther:
      isFilledList(message.tool_calls) || isObject(message.function_call) || textOf(message.refusal) !== "",
  };
}

const partsOf = (content: unknown): readonly (string | JsonObject)[] =>
  (Array.isArray(content) ? content : [content]).filter((part) => typeof part === "string" || isObject(part));

const isThoughtPart = (part: JsonObject): boolean =>
  (typeof part.type === "string" && /think|thought|reason|summary/i.test(part.type)) || saysThought(part);

/** The flag of Gemini's OpenAI route, or of its own parts. */
const saysThought = ({ thought, extra_content }: JsonObject): boolean =>
  thought === true ||
  (isObject(extra_content) && isObject(extra_content.google) && extra_content.google.thought === true);

/** A text, or the texts of a list, or of an object's field that has one. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(textOf).join("");
  if (!isObject(value)) return "";
  return firstText([value.text, value.thinking, value.summary, value.content, value.reasoning]);
}

const firstText = (values: readonly unknown[]): string => {
  for (const value of values) {
    const text = textOf(value);
    if (text !== "") return text;
  }
  return "";
};

const isFilledList = (value: unknown): boolean => Array.isArray(value) && value.length > 0;
