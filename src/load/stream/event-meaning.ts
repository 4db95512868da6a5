import { type Delta, meaningOf as fullMeaningOf } from "../../client/event/event-meaning.js";
import type { JsonObject } from "../../domain/json.js";
import type { TimedEvent } from "../../wire/event-stream.js";

/** What one event of a stream means to a load. */
export type EventMeaning =
  | {
      readonly kind: "chunk";
      /** A choice has non-empty content. */
      readonly hasContent: boolean;
      readonly hasReasoning: boolean;
      /** Content, reasoning, or a token of another kind. */
      readonly hasToken: boolean;
      /** Tokens that are no text of the first choice. */
      readonly hasBeside: boolean;
      /** Text of the first choice. */
      readonly content: string;
      readonly finishReason: string | null;
      /** Reports of usage. */
      readonly usage: readonly JsonObject[];
      /** llama.cpp's own figures. */
      readonly timings: JsonObject | null;
    }
  | { readonly kind: "done" }
  /** It only keeps the connection alive. */
  | { readonly kind: "ignored" }
  /** The server put an error into the stream. */
  | { readonly kind: "error"; readonly data: string; readonly finishReason: string | null }
  /** The event is not one of OpenAI's. */
  | { readonly kind: "not understood"; readonly data: string };

/** What an event means that counts. */
export type ToldMeaning = Exclude<EventMeaning, { readonly kind: "ignored" }>;

/** Reads an event in full. */
export function meaningOf(event: TimedEvent): EventMeaning {
  const meaning = fullMeaningOf(event);
  return meaning.kind === "chunk" ? meaningOfDelta(meaning.delta) : meaning;
}

function meaningOfDelta(delta: Delta): EventMeaning {
  const { hasContent, hasReasoning, hasOther, hasBeside, content, finishReason, usage, timings } = delta;
  return {
    kind: "chunk",
    hasContent,
    hasReasoning,
    hasToken: hasContent || hasReasoning || hasOther,
    hasBeside,
    content,
    finishReason,
    usage,
    timings,
  };
}
