import type { JsonObject } from "../../domain/json.js";
import { type EventStream, readEventStream } from "../../wire/event-stream.js";
import { MOST, megabytes, TooLong } from "../../wire/too-long.js";
import { type Delta, laterReason, meaningOf } from "../event/event-meaning.js";
import { mergeUsage } from "../event/server-figures.js";
import { afterBlankLine } from "./blank-line.js";
import type { ContentStamps } from "./content-stamps.js";
import type { Streamed, StreamFailure } from "./ending.js";
import type { EventShapes, ToldMeaning } from "./event-shapes.js";
import { GrowingText } from "./growing-text.js";

const BLANK_LINE = Buffer.from("\n");

/** Who is told of a stream as it is read. */
export interface StreamListener {
  readonly onFirstToken?: (() => void) | undefined;
  /** Text of the first choice. */
  readonly onText?: ((text: string) => void) | undefined;
  /** The same as bytes of UTF-8, `start` to `end`, of the read stamped `at`; none of an event that only another choice has content in. */
  readonly onContent?: ((at: bigint, bytes: Buffer, start: number, end: number) => void) | undefined;
}

/** What one reader has for all the streams that it reads. */
export interface ScannerTools {
  readonly shapes: EventShapes;
  /** Used anew for each stream. */
  readonly contents: ContentStamps;
  /** Whether texts are kept, of content and of reasoning. */
  readonly keepsText: boolean;
}

/**
 * Reads the body of one streamed completion: when content came, what it says, how it ended.
 *
 * Events whose shape is known are taken at a glance; any other goes through eventsource-parser and JSON.parse. Either
 * way the result is what those two give for the whole stream, wherever it is cut. What follows `[DONE]` or an error is
 * not looked at. One scanner reads one stream after another, because garbage collection makes stamps late.
 */
export class StreamScanner implements Streamed {
  readonly #shapes: EventShapes;
  readonly #keepsText: boolean;
  #listener!: StreamListener;
  #parser!: EventStream | null;
  #begun!: boolean;
  /** Between two events: the parser, if any, holds nothing back. */
  #between!: boolean;
  #bodyEnded!: boolean;
  #parsed!: number;
  #meaning!: ToldMeaning | null;
  #reasoningLength!: number;

  events!: number;
  /** Chunks with content. */
  chunks!: number;
  /** Content of the first choice, in bytes of UTF-8. */
  contentBytes!: number;
  firstEvent!: bigint | null;
  firstReasoning!: bigint | null;
  firstContent!: bigint | null;
  /** When each event with content of the first choice came. */
  readonly contents: ContentStamps;
  readonly #text = new GrowingText();
  reasoning!: string;
  /** All reports of usage, put together. */
  usage!: JsonObject | null;
  /** llama.cpp's own figures. */
  timings!: JsonObject | null;
  hasContent!: boolean;
  hasReasoning!: boolean;
  hasToken!: boolean;
  /** Tokens came that are no text of the first choice: of a tool call, a refusal, another choice. */
  hasBeside!: boolean;
  finishReason!: string | null;
  done!: boolean;
  /** The error, or malformed event, that ended the reading. */
  failure!: StreamFailure | null;

  constructor({ shapes, contents, keepsText }: ScannerTools, listener: StreamListener = {}) {
    this.#shapes = shapes;
    this.#keepsText = keepsText;
    this.contents = contents;
    this.restart(listener);
  }

  /** A new stream follows. */
  restart(listener: StreamListener): void {
    this.#listener = listener;
    this.#parser = null;
    this.#begun = false;
    this.#between = true;
    this.#bodyEnded = false;
    this.#parsed = 0;
    this.#meaning = null;
    this.#reasoningLength = 0;
    this.events = 0;
    this.chunks = 0;
    this.contentBytes = 0;
    this.firstEvent = null;
    this.firstReasoning = null;
    this.firstContent = null;
    this.#text.clear();
    this.reasoning = "";
    this.usage = null;
    this.timings = null;
    this.hasContent = false;
    this.hasReasoning = false;
    this.hasToken = false;
    this.hasBeside = false;
    this.finishReason = null;
    this.done = false;
    this.failure = null;
    this.contents.clear();
    this.#shapes.restart();
  }

  /** Content of the first choice, if texts are kept. */
  get text(): string {
    return this.#text.toString();
  }

  /** Nothing that may still come is looked at. */
  get over(): boolean {
    return this.done || this.failure !== null;
  }

  /** @throws TooLong for more text, or more events, than is read of any answer. */
  read(at: bigint, bytes: Buffer, start: number, end: number): void {
    let from = start;
    while (from < end && !this.over) {
      const known = this.#between ? this.#shapes.match(bytes, from, end) : null;
      if (known === null) from = this.#parse(at, bytes, from, end);
      else {
        this.#begun = true;
        from = this.#shapes.end;
        this.#take(at, known, bytes, this.#shapes.variableStart, this.#shapes.variableEnd);
      }
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
      this.#take(event.at, meaning, BLANK_LINE, 0, 0);
    });
    // A parser strips a byte order mark from the first bytes it gets; these are not the stream's first.
    if (this.#begun) parser.read(0n, BLANK_LINE, 0, 1);
    this.#begun = true;
    this.#parser = parser;
    return parser;
  }

  /** Takes an event; where its content stands in bytes, `start` to `end`, its meaning has another in its place. */
  #take(at: bigint, meaning: ToldMeaning, bytes: Buffer, start: number, end: number): void {
    if (meaning.kind === "done") {
      this.done = true;
      return;
    }
    this.events += 1;
    this.firstEvent ??= at;
    if (meaning.kind !== "chunk") {
      this.failure = meaning;
      if (meaning.kind === "error") this.finishReason = laterReason(this.finishReason, meaning.finishReason);
      return;
    }
    const { delta } = meaning;
    if (delta.hasReasoning) this.firstReasoning ??= at;
    if (delta.hasContent) {
      this.chunks += 1;
      if (this.firstContent === null) {
        this.firstContent = at;
        this.#listener.onFirstToken?.();
      }
    }
    this.hasContent ||= delta.hasContent;
    this.hasReasoning ||= delta.hasReasoning;
    this.hasToken ||= delta.hasContent || delta.hasReasoning || delta.hasOther;
    this.hasBeside ||= delta.hasBeside;
    if (delta.finishReason !== null) this.finishReason = laterReason(this.finishReason, delta.finishReason);
    for (const report of delta.usage) this.usage = mergeUsage(this.usage, report);
    this.timings = delta.timings ?? this.timings;
    if (delta.reasoning !== "") {
      this.#reasoningLength += delta.reasoning.length;
      if (this.#keepsText) this.reasoning += delta.reasoning;
    }
    if (end > start) this.#takeContent(at, null, bytes, start, end);
    else if (delta.hasContent) this.#takeContent(at, delta, bytes, 0, 0);
    this.#requireReadable();
  }

  /** Takes the content of an event: that of its delta, or the bytes of a known one. */
  #takeContent(at: bigint, delta: Delta | null, bytes: Buffer, start: number, end: number): void {
    const { onText, onContent } = this.#listener;
    if (delta?.content !== "") this.contents.add(at);
    this.contentBytes += delta === null ? textLength(bytes, start, end) : Buffer.byteLength(delta.content);
    if (this.#keepsText) {
      if (delta === null) this.#text.addBytes(bytes, start, end);
      else this.#text.add(delta.content);
    }
    if (onText !== undefined) {
      const text = delta === null ? bytes.toString("utf8", start, end) : delta.content;
      if (text !== "") onText(text);
    }
    if (onContent === undefined) return;
    if (delta === null) onContent(at, bytes, start, end);
    else {
      const own = Buffer.from(delta.content);
      onContent(at, own, 0, own.length);
    }
  }

  #requireReadable(): void {
    if (this.contentBytes + this.#reasoningLength > MOST.text)
      throw new TooLong(`a text of more than ${megabytes(MOST.text)}`);
    if (this.events > MOST.events)
      throw new TooLong(`more than ${MOST.events.toLocaleString("en-US")} events`);
  }
}

/** The bytes of a text: its own, unless some are no UTF-8 and would be read as others. */
function textLength(bytes: Buffer, start: number, end: number): number {
  for (let i = start; i < end; i++) {
    if (bytes[i]! >= 0x80) return Buffer.byteLength(bytes.toString("utf8", start, end));
  }
  return end - start;
}
