import type { TimedEvent } from "../../wire/event-stream.js";
import { MOST, megabytes, TooLong } from "../../wire/too-long.js";
import { type JsonObject, laterReason } from "../event/delta.js";
import { meaningOf } from "../event/event-meaning.js";
import { mergeUsage } from "../event/usage.js";
import type { Streamed, StreamFailure } from "./ending.js";

/** What a stream of chat-completion chunks has given so far. */
export interface Completion extends Streamed {
  readonly firstEvent: bigint | null;
  readonly firstReasoning: bigint | null;
  readonly firstContent: bigint | null;
  readonly text: string;
  readonly reasoning: string;
  /** All reports of usage, put together. */
  readonly usage: JsonObject | null;
  readonly timings: JsonObject | null;
}

export interface CompletionListener {
  readonly onFirstToken?: (() => void) | undefined;
  readonly onText?: ((text: string) => void) | undefined;
}

const NOTHING: Completion = {
  events: 0,
  firstEvent: null,
  firstReasoning: null,
  firstContent: null,
  hasContent: false,
  hasReasoning: false,
  hasToken: false,
  text: "",
  reasoning: "",
  finishReason: null,
  usage: null,
  timings: null,
  done: false,
  failure: null,
};

/** The event that says there will be no other. */
export const isDone = (event: TimedEvent): boolean => meaningOf(event).kind === "done";

/** Nothing that may still come is looked at. */
export const isOver = ({ done, failure }: Completion): boolean => done || failure !== null;

/** @throws TooLong for more text, or more events, than is read of any answer. */
export function requireReadable(textLength: number, events: number): void {
  if (textLength > MOST.text) throw new TooLong(`a text of more than ${megabytes(MOST.text)}`);
  if (events > MOST.events) throw new TooLong(`more than ${MOST.events.toLocaleString("en-US")} events`);
}

/** Gathers timed events into a completion. What follows `[DONE]` or an error is not looked at. */
export function gatherCompletion(listener: CompletionListener): {
  readonly completion: Completion;
  take(event: TimedEvent): void;
} {
  const completion: { -readonly [K in keyof Completion]: Completion[K] } = { ...NOTHING };

  const take = (event: TimedEvent): void => {
    if (isOver(completion)) return;
    const meaning = meaningOf(event);
    if (meaning.kind === "ignored") return;
    if (meaning.kind === "done") {
      completion.done = true;
      return;
    }
    const { at } = event;
    completion.events += 1;
    completion.firstEvent ??= at;
    if (meaning.kind !== "chunk") {
      completion.failure = meaning satisfies StreamFailure;
      if (meaning.kind === "error")
        completion.finishReason = laterReason(completion.finishReason, meaning.finishReason);
      return;
    }
    const { delta } = meaning;
    if (delta.hasReasoning) completion.firstReasoning ??= at;
    if (delta.hasContent && completion.firstContent === null) {
      completion.firstContent = at;
      listener.onFirstToken?.();
    }
    completion.hasContent ||= delta.hasContent;
    completion.hasReasoning ||= delta.hasReasoning;
    completion.hasToken ||= delta.hasContent || delta.hasReasoning || delta.hasOther;
    completion.text += delta.content;
    completion.reasoning += delta.reasoning;
    requireReadable(completion.text.length + completion.reasoning.length, completion.events);
    completion.finishReason = laterReason(completion.finishReason, delta.finishReason);
    for (const report of delta.usage) completion.usage = mergeUsage(completion.usage, report);
    completion.timings = delta.timings ?? completion.timings;
    if (delta.content !== "") listener.onText?.(delta.content);
  };
  return { completion, take };
}
