import { type Redact, redactedBody, redactedValue } from "../../domain/secrets/redactor.js";
import { decompress, encodingOf } from "../../wire/decompress.js";
import { readEventStream } from "../../wire/event-stream.js";
import type { BodyReader, Exchange } from "../../wire/exchange.js";
import { isSuccess } from "../../wire/http-head.js";
import { Recording } from "../../wire/recording.js";
import { MOST, megabytes, TooLong } from "../../wire/too-long.js";
import { type Completion, type CompletionListener, gatherCompletion, isDone, isOver } from "./completion.js";

export interface BodyReport {
  readonly completion: Completion;
  /** The beginning of a body that held no event, as text. */
  readonly other: string;
  /** Why a compressed body could not be read, when it could not. */
  readonly unreadable: string | null;
}

/** Reads the body of one streamed completion, or keeps it when it turns out to be something else. */
export interface CompletionBody extends BodyReader {
  /** To be called once, when the exchange is over. */
  finish(exchange: Exchange): Promise<BodyReport>;
}

/** Enough of a body without events to tell what it is. */
const KEPT_BYTES = 64 * 1024;

/**
 * A compressed body is read when it is whole: the stamps stay those of the reads, only `onFirstToken` and `onText`
 * come late.
 */
export function readCompletionBody(listener: CompletionListener): CompletionBody {
  const { completion, take } = gatherCompletion(listener);
  let ended = false;
  const events = readEventStream((event) => {
    // The end of the body completes an event only if that is the last there can be; any other was cut.
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
      // Also where the connection broke: `[DONE]` is no less the end for it.
      if (lastByte !== null) events.end(lastByte);
      const other = completion.events > 0 || completion.done ? "" : kept.text();
      return { completion, other, unreadable: null };
    },
  };
}

/** A report without secrets: what the server said is read after this, and cut after it. */
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
