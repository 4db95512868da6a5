import { type EventStream, readEventStream } from "../client/event-stream.js";
import { afterBlankLine } from "./blank-line.js";
import { type EventMeaning, meaningOf } from "./event-meaning.js";
import type { EventShapes } from "./event-shapes.js";
import { SendStamps } from "./send-stamps.js";

const AT_SIGN = 64;
const BLANK_LINE = Buffer.from("\n");

/**
 * Reads the body of one streamed completion as far as a load needs it: when content came, how much of it, how it ended.
 *
 * Events whose shape is known are taken at a glance; any other goes through eventsource-parser and JSON.parse. Either
 * way the result is what those two give for the whole stream, wherever it is cut. What follows `[DONE]` or an error is
 * not looked at.
 */
export class StreamScanner {
  readonly #shapes: EventShapes;
  #parser: EventStream | null = null;
  #begun = false;
  /** Between two events: the parser, if any, holds nothing back. */
  #between = true;
  #bodyEnded = false;
  #parsed = 0;
  #meaning: EventMeaning | null = null;

  events = 0;
  /** Chunks with content. */
  chunks = 0;
  firstContent: bigint | null = null;
  hasToken = false;
  finishReason: string | null = null;
  done = false;
  /** The error, or event that is none, that ended the reading. */
  failure: (EventMeaning & { readonly kind: "error" | "not understood" }) | null = null;
  readonly stamps: SendStamps;

  constructor(shapes: EventShapes, origin: bigint) {
    this.#shapes = shapes;
    this.stamps = new SendStamps(origin);
    shapes.restart();
  }

  /** Nothing that may still come is looked at. */
  get over(): boolean {
    return this.done || this.failure !== null;
  }

  read(at: bigint, bytes: Buffer, start: number, end: number): void {
    let from = start;
    while (from < end && !this.over) {
      const known = this.#between ? this.#shapes.match(bytes, from, end) : null;
      if (known !== null) {
        this.#begun = true;
        this.#take(at, known);
        if (known.kind === "chunk" && known.hasContent) {
          const { holeStart, holeEnd } = this.#shapes;
          if (holeEnd > holeStart) this.stamps.take(at, bytes, holeStart, holeEnd);
          else this.#readStamps(at, known.content);
        }
        from = this.#shapes.end;
      } else {
        from = this.#parse(at, bytes, from, end);
      }
    }
  }

  /** The body ended, with its last byte at this stamp. An event that only lacks its blank line counts if it is `[DONE]`. */
  end(at: bigint): void {
    this.#bodyEnded = true;
    if (!this.over && !this.#between) this.#parser?.end(at);
  }

  /** Gives the parser what there is of one event; returns where the rest begins. */
  #parse(at: bigint, bytes: Buffer, start: number, end: number): number {
    const blank = afterBlankLine(bytes, start, end);
    const to = blank === -1 ? end : blank;
    const whole = this.#between && blank !== -1;
    this.#parsed = 0;
    this.#open().read(at, bytes, start, to);
    this.#between = blank !== -1;
    if (whole && this.#parsed === 1) this.#shapes.learn(bytes, start, to, this.#meaning!);
    return to;
  }

  #open(): EventStream {
    if (this.#parser !== null) return this.#parser;
    const parser = readEventStream((event) => {
      const meaning = meaningOf(event);
      if (this.over || (this.#bodyEnded && meaning.kind !== "done")) return;
      this.#parsed += 1;
      this.#meaning = meaning;
      this.#take(event.at, meaning);
      if (meaning.kind === "chunk" && meaning.hasContent) this.#readStamps(event.at, meaning.content);
    });
    // A parser strips a byte order mark from the first bytes it gets; these are not the stream's first.
    if (this.#begun) parser.read(0n, BLANK_LINE, 0, 1);
    this.#begun = true;
    this.#parser = parser;
    return parser;
  }

  #take(at: bigint, meaning: EventMeaning): void {
    if (meaning.kind === "done") {
      this.done = true;
      return;
    }
    this.events += 1;
    if (meaning.kind !== "chunk") {
      this.failure = meaning;
      return;
    }
    if (meaning.hasContent) {
      this.chunks += 1;
      this.firstContent ??= at;
    }
    this.hasToken ||= meaning.hasToken;
    this.finishReason = meaning.finishReason ?? this.finishReason;
  }

  #readStamps(at: bigint, content: string): void {
    const bytes = Buffer.from(content.charCodeAt(0) === AT_SIGN ? content : "", "latin1");
    this.stamps.take(at, bytes, 0, bytes.length);
  }
}
