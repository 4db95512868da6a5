import { type Delta, readDelta } from "../client/delta.js";
import type { TimedEvent } from "../client/event-stream.js";

/** What one event of a stream means to a load. */
export type EventMeaning =
  | {
      readonly kind: "chunk";
      /** A choice has non-empty content. */
      readonly hasContent: boolean;
      /** Content, reasoning, or a token of another kind. */
      readonly hasToken: boolean;
      /** Text of the first choice. */
      readonly content: string;
      readonly finishReason: string | null;
    }
  | { readonly kind: "done" }
  /** The server put an error into the stream. */
  | { readonly kind: "error"; readonly data: string }
  /** The event is none of OpenAI's. */
  | { readonly kind: "not understood"; readonly data: string };

const DONE: EventMeaning = { kind: "done" };

/** Reads an event in full. */
export function meaningOf({ name, data }: TimedEvent): EventMeaning {
  if (data.trim() === "[DONE]") return DONE;
  const delta = readDelta(data);
  if (name === "error" || (delta !== null && delta.error !== null)) {
    return { kind: "error", data };
  }
  return delta === null ? { kind: "not understood", data } : meaningOfDelta(delta);
}

export function meaningOfDelta(delta: Delta): EventMeaning {
  const { hasContent, hasReasoning, hasOther, content, finishReason } = delta;
  return {
    kind: "chunk",
    hasContent,
    hasToken: hasContent || hasReasoning || hasOther,
    content,
    finishReason,
  };
}
