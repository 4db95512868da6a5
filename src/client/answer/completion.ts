import { keepAll, type Redact, redactedBody, redactedValue } from "../../domain/secrets/redactor.js";
import { decompress, encodingOf } from "../../wire/decompress.js";
import type { BodyReader, Exchange } from "../../wire/exchange.js";
import { isSuccess, type ResponseHead } from "../../wire/http-head.js";
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

/** Enough of a body without events to recognise it. */
const KEPT_BYTES = 64 * 1024;
/** Stamps of as many take a megabyte. */
const MANY_EVENTS = 100_000;

/**
 * Reads the body of one streamed completion, or keeps it if it turns out to be something else.
 *
 * A compressed body is decoded once it is complete: stamps are still those of the reads, only `onFirstToken` and `onText`
 * come late.
 */
export class CompletionBody implements BodyReader {
  readonly #completion: StreamScanner;
  #encoding: string | null | undefined;
  #kept = new Recording();
  #isRefusal = false;
  /** Somebody is told of what arrives. */
  isLive: boolean;

  /** @param shapes what earlier streams of the server have shown of its events. */
  constructor(listener: StreamListener = {}, shapes = new EventShapes()) {
    const tools = { shapes, contents: new ContentStamps(), keepsText: true };
    this.#completion = new StreamScanner(tools, listener);
    this.isLive = hasListener(listener);
  }

  /** A new body follows. */
  restart(listener: StreamListener): void {
    this.#completion.restart(listener);
    this.isLive = hasListener(listener);
    this.#encoding = undefined;
    this.#kept.clear();
    this.#isRefusal = false;
  }

  onBody(at: bigint, bytes: Buffer, start: number, end: number, head: ResponseHead): void {
    const completion = this.#completion;
    if (completion.over || this.#isKnown()) return;
    const isWanted = isSuccess(head);
    this.#isRefusal = !isWanted;
    if (this.#encoding === undefined) this.#encoding = encodingOf(head.headers);
    const isPlain = this.#encoding === null;
    if (isPlain && isWanted) completion.read(at, bytes, start, end);
    if (!isPlain || (completion.events === 0 && this.#kept.length < KEPT_BYTES)) {
      this.#kept.append(at, bytes, start, end);
    }
    if (this.#kept.length > MOST.bodyBytes)
      throw new TooLong(`a compressed body of more than ${megabytes(MOST.bodyBytes)}`);
  }

  satisfied(): boolean {
    return this.#completion.over || this.#isKnown();
  }

  /** To be called once, when the exchange is over. */
  async finish({ head, lastByte }: Pick<Exchange, "head" | "lastByte">): Promise<BodyReport> {
    const completion = this.#completion;
    const encoding = this.#encoding;
    if (head !== null && encoding) {
      try {
        this.#kept = await decompress(encoding, this.#kept);
        if (isSuccess(head))
          this.#kept.replay((at, bytes, start, end) => completion.read(at, bytes, start, end));
      } catch (error) {
        return { completion, other: "", unreadable: `${encoding}: ${(error as Error).message}` };
      }
    }
    // Even if the connection broke: `[DONE]` is still the end.
    if (lastByte !== null) completion.end(lastByte);
    const other = completion.events > 0 || completion.done ? "" : this.#kept.text();
    return { completion, other, unreadable: null };
  }

  /** It was a stream of ordinary size: what it took of memory is worth keeping for another. */
  get isOrdinary(): boolean {
    return this.#encoding === null && this.#kept.length < KEPT_BYTES && this.#completion.events < MANY_EVENTS;
  }

  /** A refusal has said enough. */
  #isKnown(): boolean {
    return this.#encoding === null && this.#isRefusal && this.#kept.length >= KEPT_BYTES;
  }
}

const hasListener = ({ onFirstToken, onText, onContent }: StreamListener): boolean =>
  (onFirstToken ?? onText ?? onContent) !== undefined;

/**
 * The readers of one server's answers, used for one after another: in a garbage collection, what is new is copied, and
 * stamps are late.
 */
export class CompletionBodies {
  readonly #shapes = new EventShapes();
  readonly #free: CompletionBody[] = [];

  take(listener: StreamListener): CompletionBody {
    const body = this.#free.pop();
    if (body === undefined) return new CompletionBody(listener, this.#shapes);
    body.restart(listener);
    return body;
  }

  /** Nothing of what it reported may be looked at after this. */
  giveBack(body: CompletionBody): void {
    if (!body.isOrdinary) return;
    // Neither the text nor the listener is kept for as long as the reader.
    body.restart({});
    this.#free.push(body);
  }
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
