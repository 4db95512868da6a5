import type { JsonObject } from "../../domain/json.js";
import { type Redact, redactedBody, redactedValue } from "../../domain/secrets/redactor.js";
import { decompress, encodingOf } from "../../wire/decompress.js";
import { readEventStream, type TimedEvent } from "../../wire/event-stream.js";
import type { BodyReader, Exchange } from "../../wire/exchange.js";
import { isSuccess } from "../../wire/http-head.js";
import { Recording } from "../../wire/recording.js";
import { MOST, megabytes, TooLong } from "../../wire/too-long.js";
import { laterReason, meaningOf } from "../event/event-meaning.js";
import { mergeUsage } from "../event/server-figures.js";
import { ContentStamps } from "./content-stamps.js";
import type { Streamed, StreamFailure } from "./ending.js";

/** What a stream of chat-completion chunks has contained so far. */
export interface Completion extends Streamed {
  readonly firstEvent: bigint | null;
  readonly firstReasoning: bigint | null;
  readonly firstContent: bigint | null;
  /** Tokens came that are not text of the first choice: a tool call, a refusal, another choice. */
  readonly hasBeside: boolean;
  /** When each event with content of the first choice came. */
  readonly contents: ContentStamps;
  readonly text: string;
  readonly reasoning: string;
  /** All reports of usage, put together. */
  readonly usage: JsonObject | null;
  readonly timings: JsonObject | null;
}

interface CompletionListener {
  readonly onFirstToken?: (() => void) | undefined;
  readonly onText?: ((text: string) => void) | undefined;
}

const NOTHING: Omit<Completion, "contents"> = {
  events: 0,
  firstEvent: null,
  firstReasoning: null,
  firstContent: null,
  hasContent: false,
  hasReasoning: false,
  hasToken: false,
  hasBeside: false,
  text: "",
  reasoning: "",
  finishReason: null,
  usage: null,
  timings: null,
  done: false,
  failure: null,
};

/** The event that announces the end. */
const isDone = (event: TimedEvent): boolean => meaningOf(event).kind === "done";

/** Nothing after this is read. */
const isOver = ({ done, failure }: Completion): boolean => done || failure !== null;

/** @throws TooLong for more text or more events than any answer may have. */
export function requireReadable(textLength: number, events: number): void {
  if (textLength > MOST.text) throw new TooLong(`a text of more than ${megabytes(MOST.text)}`);
  if (events > MOST.events) throw new TooLong(`more than ${MOST.events.toLocaleString("en-US")} events`);
}

/** Collects timed events into a completion. Anything after `[DONE]` or an error is not read. */
function gatherCompletion(listener: CompletionListener): {
  readonly completion: Completion;
  take(event: TimedEvent): void;
} {
  const completion: { -readonly [K in keyof Completion]: Completion[K] } = {
    ...NOTHING,
    contents: new ContentStamps(),
  };

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
    if (delta.content !== "") completion.contents.add(at);
    completion.hasContent ||= delta.hasContent;
    completion.hasReasoning ||= delta.hasReasoning;
    completion.hasToken ||= delta.hasContent || delta.hasReasoning || delta.hasOther;
    completion.hasBeside ||= delta.hasBeside;
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

export interface BodyReport {
  readonly completion: Completion;
  /** The beginning of a body without events, as text. */
  readonly other: string;
  /** Why a compressed body could not be read, if it could not. */
  readonly unreadable: string | null;
}

/** Reads the body of one streamed completion, or keeps it if it turns out to be something else. */
export interface CompletionBody extends BodyReader {
  /** To be called once, when the exchange is over. */
  finish(exchange: Exchange): Promise<BodyReport>;
}

/** Enough of a body without events to recognise it. */
const KEPT_BYTES = 64 * 1024;

/**
 * A compressed body is decoded once it is complete: stamps are still those of the reads, only `onFirstToken` and `onText`
 * come late.
 */
export function readCompletionBody(listener: CompletionListener): CompletionBody {
  const { completion, take } = gatherCompletion(listener);
  let ended = false;
  const events = readEventStream((event) => {
    // The end of the body completes an event only if the event could be the last one; any other was cut.
    if (!ended || isDone(event)) take(event);
  });
  let encoding: string | null | undefined;
  let kept = new Recording();
  /** A refusal has said enough. */
  const isKnown = (): boolean => encoding === null && isRefusal && kept.length >= KEPT_BYTES;
  let isRefusal = false;

  return {
    onBody(at, bytes, start, end, head) {
      if (isOver(completion) || isKnown()) return;
      isRefusal = !isSuccess(head);
      if (encoding === undefined) encoding = encodingOf(head.headers);
      if (encoding === null && isSuccess(head)) events.read(at, bytes, start, end);
      if (encoding !== null || (completion.events === 0 && kept.length < KEPT_BYTES)) {
        kept.append(at, bytes, start, end);
      }
      if (kept.length > MOST.bodyBytes)
        throw new TooLong(`a compressed body of more than ${megabytes(MOST.bodyBytes)}`);
    },
    satisfied: () => isOver(completion) || isKnown(),
    async finish({ head, lastByte }) {
      if (head !== null && encoding) {
        try {
          kept = await decompress(encoding, kept);
          if (isSuccess(head)) kept.replay(events.read);
        } catch (error) {
          return { completion, other: "", unreadable: `${encoding}: ${(error as Error).message}` };
        }
      }
      ended = true;
      // Even if the connection broke: `[DONE]` is still the end.
      if (lastByte !== null) events.end(lastByte);
      const other = completion.events > 0 || completion.done ? "" : kept.text();
      return { completion, other, unreadable: null };
    },
  };
}

/** A report without secrets: the server's words are read and cut only after this. */
export function redactedReport({ completion, other, unreadable }: BodyReport, redact: Redact): BodyReport {
  const { failure, text, reasoning, finishReason, usage, timings } = completion;
  const said = { text, reasoning, finishReason, usage, timings };
  return {
    completion: {
      ...completion,
      ...redactedValue(said, redact),
      failure: failure === null ? null : { ...failure, data: redactedBody(failure.data, redact) },
    },
    other: redactedBody(other, redact),
    unreadable: unreadable === null ? null : redact(unreadable),
  };
}
