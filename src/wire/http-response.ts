import { framingOf, keepsAlive, parseHead, type ResponseHead } from "./http-head.js";
import { KnownHead, type ReadHead } from "./known-head.js";
import { ProtocolError } from "./protocol-error.js";
import type { Visit } from "./recording.js";
import { MOST, TooLong } from "./too-long.js";

type State =
  | "head"
  | "counted"
  | "until close"
  | "chunk size"
  | "chunk extension"
  | "chunk"
  | "chunk end"
  | "trailer"
  | "done";

const LF = 10;
const CR = 13;
const SPACE = 32;
const SEMICOLON = 59;
const LARGEST_CHUNK = 2 ** 40;

/**
 * Finds the body in the bytes of one HTTP/1.0 or 1.1 response, read by read: chunked, counted by content-length, or until the
 * connection closes. Interim 1xx responses are skipped; a bare LF ends a line like CRLF.
 */
export class ResponseScanner {
  #state: State = "head";
  #line = "";
  #lines: string[] = [];
  #headLength = 0;
  #read: ReadHead | null = null;
  /** Bytes left of the body or chunk. */
  #left = 0;
  #sizeDigits = 0;
  #excess = false;
  readonly #onBody: Visit;
  readonly #knownHead: KnownHead;

  /**
   * @param onBody gets the ranges of bytes that belong to the body, with the stamp of their read.
   * @param knownHead that of the server's last response.
   */
  constructor(onBody: Visit, knownHead = new KnownHead()) {
    this.#onBody = onBody;
    this.#knownHead = knownHead;
  }

  /** A new response follows. */
  restart(): void {
    this.#state = "head";
    this.#line = "";
    this.#lines = [];
    this.#headLength = 0;
    this.#read = null;
    this.#left = 0;
    this.#sizeDigits = 0;
    this.#excess = false;
  }

  /** `null` until all headers have arrived. */
  get head(): ResponseHead | null {
    return this.#read?.head ?? null;
  }

  /** The response is complete. */
  get done(): boolean {
    return this.#state === "done";
  }

  /** Another request may follow on the same connection: the whole response has arrived, and nothing more. */
  get reusable(): boolean {
    return this.#state === "done" && !this.#excess && this.#read?.keepsAlive === true;
  }

  /**
   * Takes the bytes of one read, `start` to `end`.
   *
   * @throws ProtocolError, TooLong
   */
  read(stamp: bigint, bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) {
      switch (this.#state) {
        case "done":
          this.#excess = true;
          return;
        case "until close":
          this.#onBody(stamp, bytes, at, end);
          return;
        case "counted":
        case "chunk": {
          const to = Math.min(end, at + this.#left);
          this.#onBody(stamp, bytes, at, to);
          this.#left -= to - at;
          at = to;
          if (this.#left === 0) this.#state = this.#state === "chunk" ? "chunk end" : "done";
          break;
        }
        case "head":
          at = this.#readHead(bytes, at, end);
          break;
        case "trailer":
          at = this.#readLine(bytes, at, end);
          break;
        default: {
          const wrong = this.#takeFraming(bytes[at]!);
          if (wrong !== null) throw new ProtocolError(wrong, bytes.subarray(at, end));
          at += 1;
        }
      }
    }
  }

  /** The connection closed: `true` if that is how this response ends. */
  close(): boolean {
    if (this.#state === "until close") this.#state = "done";
    return this.#state === "done";
  }

  /** Reads one head, interim or not, or what there is of it; returns where the rest begins. */
  #readHead(bytes: Buffer, start: number, end: number): number {
    const isStart = this.#isBetweenHeads;
    const known = isStart ? this.#knownHead.match(bytes, start, end) : null;
    if (known !== null) {
      this.#begin(known);
      return start + this.#knownHead.length;
    }
    let at = start;
    do at = this.#readLine(bytes, at, end);
    while (at < end && !this.#isBetweenHeads);
    if (isStart && this.#read !== null) this.#knownHead.learn(bytes, start, at, this.#read);
    return at;
  }

  /** Nothing of the next head has been read. */
  get #isBetweenHeads(): boolean {
    return this.#line === "" && this.#lines.length === 0;
  }

  /** Collects a line of the head or the trailer; returns where the rest begins. */
  #readLine(bytes: Buffer, at: number, end: number): number {
    const feed = bytes.indexOf(LF, at);
    const to = feed === -1 || feed >= end ? end : feed;
    this.#line += bytes.toString("latin1", at, to);
    this.#headLength += to - at;
    if (this.#headLength > MOST.headBytes)
      throw new TooLong(`a head of more than ${MOST.headBytes / 1024} KB`);
    if (this.#state === "head" && this.#lines.length === 0) checkStart(this.#line, bytes.subarray(at, end));
    if (to === end) return end;
    const line = this.#line.endsWith("\r") ? this.#line.slice(0, -1) : this.#line;
    this.#line = "";
    if (line !== "" && this.#lines.length > MOST.headers)
      throw new TooLong(`more than ${MOST.headers.toLocaleString("en-US")} headers`);
    if (line !== "") this.#lines.push(line);
    else if (this.#state === "trailer") this.#state = "done";
    else this.#endHead();
    return to + 1;
  }

  #endHead(): void {
    const [first = ""] = this.#lines;
    const head = parseHead(this.#lines);
    if (typeof head === "string") throw new ProtocolError(head, Buffer.from(first, "latin1"));
    this.#lines = [];
    this.#headLength = 0;
    if (head.status < 200 && head.status !== 101) return;
    const framing = framingOf(head);
    if (framing === null) {
      throw new ProtocolError("its content-length is not a single number", Buffer.from(first, "latin1"));
    }
    this.#begin({ head, framing, keepsAlive: keepsAlive(head) });
  }

  /** The body's first byte is read next. */
  #begin(read: ReadHead): void {
    const { framing } = read;
    this.#read = read;
    if (framing === "empty") this.#state = "done";
    else if (framing === "chunked") this.#awaitChunk();
    else if (framing === "until close") this.#state = "until close";
    else {
      this.#left = framing.bytes;
      this.#state = "counted";
    }
  }

  /** Takes one byte between chunks, without a string for each line; returns what is wrong with it. */
  #takeFraming(byte: number): string | null {
    switch (this.#state) {
      case "chunk size": {
        const digit = hexDigit(byte);
        if (digit !== -1) {
          this.#left = this.#left * 16 + digit;
          this.#sizeDigits += 1;
          return this.#left > LARGEST_CHUNK ? "a chunk's size is implausibly large" : null;
        }
        if (byte === LF) return this.#startChunk();
        if (byte === SEMICOLON) this.#state = "chunk extension";
        return byte === SEMICOLON || byte === CR || byte === SPACE ? null : "a chunk has no size";
      }
      case "chunk extension":
        return byte === LF ? this.#startChunk() : null;
      default:
        if (byte === LF) this.#awaitChunk();
        return byte === LF || byte === CR ? null : "a chunk is longer than its size";
    }
  }

  #awaitChunk(): void {
    this.#state = "chunk size";
    this.#left = 0;
    this.#sizeDigits = 0;
  }

  #startChunk(): string | null {
    if (this.#sizeDigits === 0) return "a chunk has no size";
    this.#state = this.#left === 0 ? "trailer" : "chunk";
    return null;
  }
}

/** There is no need to wait for bytes that can't become "HTTP/1.". */
function checkStart(line: string, bytes: Buffer): void {
  const expected = "HTTP/1.";
  if (line.slice(0, expected.length) !== expected.slice(0, line.length)) {
    throw new ProtocolError("not an HTTP/1.x response", bytes);
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
