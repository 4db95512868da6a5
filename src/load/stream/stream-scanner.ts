import { requireReadable } from "../../client/answer/completion.js";
import { ContentStamps } from "../../client/answer/content-stamps.js";
import type { Streamed, StreamFailure } from "../../client/answer/ending.js";
import { laterReason } from "../../client/event/event-meaning.js";
import { mergeUsage } from "../../client/event/server-figures.js";
import type { JsonObject } from "../../domain/json.js";
import { type EventStream, readEventStream } from "../../wire/event-stream.js";
import { meaningOf, type ToldMeaning } from "./event-meaning.js";
import type { EventShapes } from "./event-shapes.js";
import { afterBlankLine } from "./known-head.js";
import { SendStamps } from "./send-stamps.js";

const AT_SIGN = 64;
const BLANK_LINE = Buffer.from("\n");

const merged = (all: JsonObject | null, one: JsonObject): JsonObject | null => mergeUsage(all, one);

/**
 * Reads the body of one streamed completion as far as a load needs it: when content came, how much of it, how it ended.
 *
 * Events whose shape is known are taken at a glance; any other goes through eventsource-parser and JSON.parse. Either
 * way the result is what those two give for the whole stream, wherever it is cut. What follows `[DONE]` or an error is
 * not looked at.
 */
export class StreamScanner implements Streamed {
  readonly #shapes: EventShapes;
  #parser: EventStream | null = null;
  #begun = false;
  /** Between two events: the parser, if any, holds nothing back. */
  #between = true;
  #bodyEnded = false;
  #parsed = 0;
  #meaning: ToldMeaning | null = null;

  events = 0;
  /** Chunks with content. */
  chunks = 0;
  /** Content of the first choice, in bytes of UTF-8. */
  contentBytes = 0;
  firstEvent: bigint | null = null;
  firstReasoning: bigint | null = null;
  firstContent: bigint | null = null;
  /** All reports of usage, put together. */
  usage: JsonObject | null = null;
  timings: JsonObject | null = null;
  /** Content of the first choice, where it is kept. */
  text = "";
  hasReasoning = false;
  hasToken = false;
  hasBeside = false;
  finishReason: string | null = null;
  done = false;
  /** The error, or malformed event, that ended the reading. */
  failure: StreamFailure | null = null;
  readonly stamps: SendStamps;
  /** When each event with content of the first choice came. */
  readonly contents: ContentStamps;
  readonly #keepsText: boolean;

  /** @param contents is used anew for this stream. */
  constructor(shapes: EventShapes, origin: bigint, contents = new ContentStamps(), keepsText = false) {
    this.#shapes = shapes;
    this.#keepsText = keepsText;
    contents.clear();
    this.contents = contents;
    this.stamps = new SendStamps(origin);
    shapes.restart();
  }

  get hasContent(): boolean {
    return this.chunks > 0;
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
          if (holeEnd > holeStart) {
            this.contentBytes += textLength(bytes, holeStart, holeEnd);
            this.stamps.take(at, bytes, holeStart, holeEnd);
            if (this.#keepsText) this.text += bytes.toString("utf8", holeStart, holeEnd);
          } else this.#readContent(at, known.content);
        }
        from = this.#shapes.end;
      } else {
        from = this.#parse(at, bytes, from, end);
      }
      requireReadable(this.contentBytes, this.events);
    }
  }

  /** The body ended, or broke off, with its last byte at this stamp. An event that only lacks its blank line counts if it is `[DONE]`. */
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
      if (this.over || meaning.kind === "ignored" || (this.#bodyEnded && meaning.kind !== "done")) return;
      this.#parsed += 1;
      this.#meaning = meaning;
      this.#take(event.at, meaning);
      if (meaning.kind === "chunk" && meaning.hasContent) this.#readContent(event.at, meaning.content);
    });
    // A parser strips a byte order mark from the first bytes it gets; these are not the stream's first.
    if (this.#begun) parser.read(0n, BLANK_LINE, 0, 1);
    this.#begun = true;
    this.#parser = parser;
    return parser;
  }

  #take(at: bigint, meaning: ToldMeaning): void {
    if (meaning.kind === "done") {
      this.done = true;
      return;
    }
    this.events += 1;
    this.firstEvent ??= at;
    if (meaning.kind === "not understood") {
      this.failure = meaning;
      return;
    }
    if (meaning.finishReason !== null)
      this.finishReason = laterReason(this.finishReason, meaning.finishReason);
    if (meaning.kind === "error") {
      this.failure = meaning;
      return;
    }
    if (meaning.usage.length > 0) this.usage = meaning.usage.reduce(merged, this.usage);
    this.timings = meaning.timings ?? this.timings;
    if (meaning.hasReasoning) this.firstReasoning ??= at;
    if (meaning.hasContent) {
      if (meaning.content !== "") this.contents.add(at);
      this.chunks += 1;
      this.firstContent ??= at;
    }
    this.hasReasoning ||= meaning.hasReasoning;
    this.hasToken ||= meaning.hasToken;
    this.hasBeside ||= meaning.hasBeside;
  }

  #readContent(at: bigint, content: string): void {
    this.contentBytes += Buffer.byteLength(content);
    if (this.#keepsText) this.text += content;
    const bytes = Buffer.from(content.charCodeAt(0) === AT_SIGN ? content : "", "latin1");
    this.stamps.take(at, bytes, 0, bytes.length);
  }
}

/** The bytes of a text: its own, unless some are no UTF-8 and would be read as others. */
function textLength(bytes: Buffer, start: number, end: number): number {
  for (let i = start; i < end; i++) {
    if (bytes[i]! >= 0x80) return Buffer.byteLength(bytes.toString("utf8", start, end));
  }
  return end - start;
}
