import { isObject, type JsonObject, jsonValue } from "../../domain/json.js";
import type { TimedEvent } from "../../wire/event-stream.js";
import { type Delta, readDelta } from "./delta.js";

/** What one event of a stream is. */
export type EventMeaning =
  | { readonly kind: "chunk"; readonly delta: Delta }
  | { readonly kind: "done" }
  /** It only keeps the connection alive, or is meant for clients of another kind. */
  | { readonly kind: "ignored" }
  /** The server put an error into the stream, here as JSON or text. */
  | { readonly kind: "error"; readonly data: string; readonly finishReason: string | null }
  /** It is none of OpenAI's. */
  | { readonly kind: "not understood"; readonly data: string };

const DONE: EventMeaning = { kind: "done" };
const IGNORED: EventMeaning = { kind: "ignored" };

/** Names of events that tell of a failure: `error`, `server_error`, `response.failed`. */
const ERROR_NAME = /(?:^|[._-])(?:error|exception|failed|failure)$/i;
/** A word of waiting, a mark without a letter, or a comment that a gateway has wrapped again (`data: : PROCESSING`). */
const KEEP_ALIVE =
  /^(?:["[]?(?:ping|pong|heart[-_ ]?beat|keep[-_ ]?alive|alive|waiting|processing)["\]]?|[^\p{L}\p{N}]*|:.*)$/isu;

/**
 * Reads an event.
 *
 * Gateways keep slow streams alive with empty data, a word, or events that have names or carry no choices: all these mean
 * nothing here. An event that does carry choices is a chunk whatever its name.
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
