import { HttpError, parseRequestHead, type RequestHead } from "./request-head.js";

/** A request that has come to its last byte. */
export interface HttpRequest {
  readonly head: RequestHead;
  readonly body: Buffer;
}

export interface RequestVisitor {
  /** A head whose client waits to be told to send the body. */
  onExpectation(): void;
  onRequest(request: HttpRequest): void;
}

type State = "head" | "counted" | "chunk size" | "chunk" | "chunk end" | "trailers";

const LF = 10;
const CR = 13;
const MOST_HEAD_BYTES = 64 * 1024;
const MOST_BODY_BYTES = 64 * 2 ** 20;

/**
 * Finds the requests in the bytes of one HTTP/1.0 or 1.1 connection, read by read, whatever the cuts: several in one
 * read, one in many; bodies counted or in chunks. A bare LF ends a line as CRLF does.
 */
export class RequestParser {
  #state: State = "head";
  #line = "";
  #lines: string[] = [];
  /** Bytes of the head, or of a chunk's size, or of the trailers so far. */
  #lineBytes = 0;
  #head: RequestHead | null = null;
  /** Where in this read the head begins; -1 when it began in one before. */
  #headStart = -1;
  /** The head before this one, and its bytes: a client's heads are mostly the same, and need not be read again. */
  #known: { readonly bytes: Buffer; readonly head: RequestHead } | null = null;
  #body: Buffer[] = [];
  #bodyBytes = 0;
  /** Bytes left of the body or chunk. */
  #left = 0;
  readonly #visitor: RequestVisitor;

  constructor(visitor: RequestVisitor) {
    this.#visitor = visitor;
  }

  /**
   * Takes the bytes of one read, and keeps parts of them.
   *
   * @throws HttpError when they are no request; nothing after them can be read.
   */
  read(bytes: Buffer): void {
    let at = 0;
    this.#headStart = -1;
    while (at < bytes.length) {
      if (this.#state === "head" && this.#lineBytes === 0) {
        this.#headStart = at;
        at = this.#skipKnown(bytes, at);
        if (at > this.#headStart) continue;
      }
      at =
        this.#state === "counted" || this.#state === "chunk"
          ? this.#readBody(bytes, at)
          : this.#readLine(bytes, at);
    }
  }

  #skipKnown(bytes: Buffer, at: number): number {
    if (this.#known === null) return at;
    const end = at + this.#known.bytes.length;
    if (end > bytes.length || this.#known.bytes.compare(bytes, at, end) !== 0) return at;
    this.#takeHead(this.#known.head);
    return end;
  }

  #readBody(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#body.push(bytes.subarray(at, end));
    this.#left -= end - at;
    if (this.#left === 0) {
      if (this.#state === "chunk") this.#state = "chunk end";
      else this.#endRequest();
    }
    return end;
  }

  #readLine(bytes: Buffer, at: number): number {
    // Bytes that can't begin a line of text, such as a TLS handshake, are refused at once.
    if (this.#lineBytes === 0 && !beginsLine(bytes[at]!)) throw new HttpError(400, "This is not HTTP.");
    const feed = bytes.indexOf(LF, at);
    const end = feed === -1 ? bytes.length : feed;
    this.#lineBytes += end - at + 1;
    if (this.#lineBytes > MOST_HEAD_BYTES) {
      throw new HttpError(431, `A request's head has more than ${MOST_HEAD_BYTES} bytes.`);
    }
    const text = bytes.toString("latin1", at, end);
    this.#line = this.#line === "" ? text : this.#line + text;
    if (feed === -1) return end;
    const line = this.#line.endsWith("\r") ? this.#line.slice(0, -1) : this.#line;
    this.#line = "";
    this.#takeLine(line, bytes, end + 1);
    return end + 1;
  }

  #takeLine(line: string, bytes: Buffer, end: number): void {
    switch (this.#state) {
      case "head":
        if (line !== "") this.#lines.push(line);
        else if (this.#lines.length > 0) this.#endHead(bytes, end);
        else this.#lineBytes = 0; // An empty line before a request is ignored (RFC 9112, 2.2).
        break;
      case "chunk size":
        this.#startChunk(line);
        break;
      case "chunk end":
        if (line !== "") throw new HttpError(400, "A chunk is longer than its size.");
        this.#await("chunk size");
        break;
      default:
        if (line === "") this.#endRequest();
    }
  }

  #endHead(bytes: Buffer, end: number): void {
    const head = parseRequestHead(this.#lines);
    this.#lines = [];
    if (this.#headStart !== -1)
      this.#known = { bytes: Buffer.from(bytes.subarray(this.#headStart, end)), head };
    this.#takeHead(head);
  }

  #takeHead(head: RequestHead): void {
    this.#head = head;
    if (head.body === "chunked") this.#await("chunk size");
    else {
      this.#expectBody(head.body.bytes);
      this.#await("counted");
    }
    if (this.#state === "counted" && this.#left === 0) this.#endRequest();
    else if (head.expectsContinue) this.#visitor.onExpectation();
  }

  #startChunk(line: string): void {
    const size = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line)?.[1];
    if (size === undefined) throw new HttpError(400, "A chunk has no size.");
    const bytes = Number.parseInt(size, 16);
    this.#expectBody(bytes);
    this.#await(bytes === 0 ? "trailers" : "chunk");
  }

  #expectBody(bytes: number): void {
    this.#bodyBytes += bytes;
    if (this.#bodyBytes > MOST_BODY_BYTES) {
      throw new HttpError(413, `A body has more than ${MOST_BODY_BYTES} bytes.`);
    }
    this.#left = bytes;
  }

  #await(state: State): void {
    this.#state = state;
    this.#lineBytes = 0;
  }

  #endRequest(): void {
    const head = this.#head!;
    const body = this.#body.length === 1 ? this.#body[0]! : Buffer.concat(this.#body);
    this.#head = null;
    this.#body = [];
    this.#bodyBytes = 0;
    this.#await("head");
    this.#visitor.onRequest({ head, body });
  }
}

const beginsLine = (byte: number): boolean => (byte > 32 && byte < 127) || byte === CR || byte === LF;
