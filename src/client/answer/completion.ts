import { keepAll, type Redact, redactedBody, redactedValue } from "../../domain/secrets/redactor.js";
import { decompress, encodingOf } from "../../wire/decompress.js";
import type { BodyReader, Exchange } from "../../wire/exchange.js";
import { isSuccess } from "../../wire/http-head.js";
import { Recording } from "../../wire/recording.js";
import { MOST, megabytes, TooLong } from "../../wire/too-long.js";
import { ContentStamps } from "./content-stamps.js";
import type { Streamed } from "./ending.js";
import { EventShapes } from "./event-shapes.js";
import { type StreamListener, StreamScanner } from "./stream-scanner.js";

/** What a stream of chat-completion chunks has contained. */
export type Completion = Streamed &
  Pick<
    StreamScanner,
    "firstEvent" | "firstReasoning" | "firstContent" | "hasBeside" | "contents" | "text" | "reasoning"
  > &
  Pick<StreamScanner, "usage" | "timings">;

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
 *
 * @param shapes what earlier streams of the server have shown of its events.
 */
export function readCompletionBody(listener: StreamListener, shapes = new EventShapes()): CompletionBody {
  const completion = new StreamScanner({ shapes, contents: new ContentStamps(), keepsText: true }, listener);
  let encoding: string | null | undefined;
  let kept = new Recording();
  /** A refusal has said enough. */
  const isKnown = (): boolean => encoding === null && isRefusal && kept.length >= KEPT_BYTES;
  let isRefusal = false;

  return {
    onBody(at, bytes, start, end, head) {
      if (completion.over || isKnown()) return;
      isRefusal = !isSuccess(head);
      if (encoding === undefined) encoding = encodingOf(head.headers);
      if (encoding === null && isSuccess(head)) completion.read(at, bytes, start, end);
      if (encoding !== null || (completion.events === 0 && kept.length < KEPT_BYTES)) {
        kept.append(at, bytes, start, end);
      }
      if (kept.length > MOST.bodyBytes)
        throw new TooLong(`a compressed body of more than ${megabytes(MOST.bodyBytes)}`);
    },
    satisfied: () => completion.over || isKnown(),
    async finish({ head, lastByte }) {
      if (head !== null && encoding) {
        try {
          kept = await decompress(encoding, kept);
          if (isSuccess(head)) kept.replay((at, bytes, start, end) => completion.read(at, bytes, start, end));
        } catch (error) {
          return { completion, other: "", unreadable: `${encoding}: ${(error as Error).message}` };
        }
      }
      // Even if the connection broke: `[DONE]` is still the end.
      if (lastByte !== null) completion.end(lastByte);
      const other = completion.events > 0 || completion.done ? "" : kept.text();
      return { completion, other, unreadable: null };
    },
  };
}

/** A report without secrets: the server's words are read and cut only after this. */
export function redactedReport(report: BodyReport, redact: Redact): BodyReport {
  if (redact === keepAll) return report;
  const { completion, other, unreadable } = report;
  const { failure, text, reasoning, finishReason, usage, timings } = completion;
  const said = redactedValue({ text, reasoning, finishReason, usage, timings }, redact);
  return {
    completion: {
      events: completion.events,
      done: completion.done,
      hasContent: completion.hasContent,
      hasReasoning: completion.hasReasoning,
      hasToken: completion.hasToken,
      hasBeside: completion.hasBeside,
      contents: completion.contents,
      firstEvent: completion.firstEvent,
      firstReasoning: completion.firstReasoning,
      firstContent: completion.firstContent,
      text: said.text,
      reasoning: said.reasoning,
      finishReason: said.finishReason,
      usage: said.usage,
      timings: said.timings,
      failure: failure === null ? null : { ...failure, data: redactedBody(failure.data, redact) },
    },
    other: redactedBody(other, redact),
    unreadable: unreadable === null ? null : redact(unreadable),
  };
}
