import { ContentStamps } from "../../client/answer/content-stamps.js";
import type { WholeAnswer } from "../../client/answer/ending.js";
import type { Failed } from "../../client/answer/verdict.js";
import type { AnswerMode } from "../../domain/records/words.js";
import type { Redact } from "../../domain/secrets/redactor.js";
import { encodingOf } from "../../wire/decompress.js";
import type { Endpoint } from "../../wire/endpoint.js";
import { isSuccess, type ResponseHead } from "../../wire/http-head.js";
import { ResponseScanner } from "../../wire/http-response.js";
import { Recording, type Visit } from "../../wire/recording.js";
import { MOST, megabytes, TooLong } from "../../wire/too-long.js";
import { EventShapes } from "../stream/event-shapes.js";
import { KnownAnswer } from "../stream/known-answer.js";
import { KnownHead } from "../stream/known-head.js";
import { StreamScanner, type StreamTokens } from "../stream/stream-scanner.js";
import { judgeLoaded, type LoadEnd } from "./verdict.js";

/** Enough of a body without events to tell what it is. */
const KEPT_BYTES = 64 * 1024;

const NO_TIMES = { itl_seconds: null, itl_p99_seconds: null, tpot_seconds: null };

/** Reads one response after another, and knows again what resembles the ones before. */
export class AnswerReader {
  readonly #mode: AnswerMode;
  readonly #origin: bigint;
  readonly #shapes = new EventShapes();
  readonly #contents = new ContentStamps();
  readonly #knownHead = new KnownHead();
  readonly #knownAnswer = new KnownAnswer();
  readonly #body = new Recording();
  readonly #onBody: Visit = (at, bytes, start, end) => this.#readBody(at, bytes, start, end);
  #scanner = new ResponseScanner(this.#onBody);
  #stream: StreamScanner | null = null;
  #begun = false;
  /** The body is a success's, and not compressed; `null` before it began. */
  #plain: boolean | null = null;
  /** The body, so far, is a whole answer like one before: this one. */
  #known: WholeAnswer | null = null;
  #finishReason: string | null = null;
  #contentBytes: number | null = null;
  #outputTokens: number | null = null;

  constructor(mode: AnswerMode, origin: bigint) {
    this.#mode = mode;
    this.#origin = origin;
  }

  /** A new response follows. */
  restart(): void {
    this.#scanner = new ResponseScanner(this.#onBody);
    this.#stream =
      this.#mode === "stream" ? new StreamScanner(this.#shapes, this.#origin, this.#contents) : null;
    this.#begun = false;
    this.#plain = null;
    this.#known = null;
    this.#finishReason = null;
    this.#contentBytes = null;
    this.#outputTokens = null;
    this.#body.clear();
  }

  get head(): ResponseHead | null {
    return this.#scanner.head;
  }

  /** Who reads the stream; `null` for an answer asked for in one piece. */
  get stream(): StreamScanner | null {
    return this.#stream;
  }

  /** Why the model stopped, once the response was judged. */
  get finishReason(): string | null {
    return this.#stream === null ? this.#finishReason : this.#stream.finishReason;
  }

  /** Content of the first choice, in bytes of UTF-8, once the response was judged; `null` where none was read. */
  get contentBytes(): number | null {
    return this.#stream === null ? this.#contentBytes : this.#stream.contentBytes;
  }

  /** What it tells of its tokens, once the response was judged; an answer in one piece has no times. */
  tokens(): StreamTokens {
    return this.#stream?.tokens() ?? { ...NO_TIMES, output_tokens: this.#outputTokens };
  }

  /** The response is there to its last byte. */
  get done(): boolean {
    return this.#scanner.done;
  }

  /** Another request may follow on the same connection. */
  get reusable(): boolean {
    return this.#scanner.reusable;
  }

  /**
   * Takes the bytes of one read.
   *
   * @throws ProtocolError, TooLong
   */
  read(at: bigint, bytes: Buffer, start: number, end: number): void {
    const known = this.#begun ? null : this.#knownHead.match(bytes, start, end);
    if (known !== null) this.#scanner.begin(known.head, known.framing);
    this.#scanner.read(at, bytes, known === null ? start : start + this.#knownHead.length, end);
    if (!this.#begun && known === null && this.head !== null) {
      this.#knownHead.learn(bytes, start, end, this.head);
    }
    this.#begun = true;
  }

  /** The connection closed: `true` when that is how this response ends. */
  close(): boolean {
    return this.#scanner.close();
  }

  /** Judges the response, which ended like this; its last byte, if any came, has this stamp. */
  finish(end: LoadEnd, lastByte: bigint | null, endpoint: Endpoint, redact: Redact): Failed | null {
    const stream = this.#stream;
    const complete = end.how === "complete";
    if (complete && this.#known !== null) return this.#keep(this.#known);
    if (lastByte !== null) stream?.end(lastByte);
    const body = this.#body.length === 0 ? "" : this.#body.text();
    const received = { head: this.head, hasBegun: lastByte !== null, stream, body };
    const { failure, answer } = judgeLoaded(endpoint, redact, end, received);
    if (answer === null) return failure;
    if (failure === null) {
      this.#knownAnswer.learn(body, answer);
      return this.#keep(answer);
    }
    this.#finishReason = answer.finishReason;
    return failure;
  }

  #keep({ finishReason, contentBytes, outputTokens }: WholeAnswer): null {
    this.#outputTokens = outputTokens;
    this.#finishReason = finishReason;
    this.#contentBytes = contentBytes;
    return null;
  }

  #readBody(at: bigint, bytes: Buffer, start: number, end: number): void {
    this.#plain ??= isPlainSuccess(this.head!);
    const plain = this.#plain;
    const stream = this.#stream;
    if (plain && stream !== null) stream.read(at, bytes, start, end);
    else if (plain) this.#known = this.#body.length === 0 ? this.#knownAnswer.match(bytes, start, end) : null;
    const wanted = stream === null ? plain : stream.events === 0 && !stream.done;
    if (wanted || (!plain && this.#body.length < KEPT_BYTES)) this.#body.append(at, bytes, start, end);
    if (this.#body.length > MOST.bodyBytes)
      throw new TooLong(`a body of more than ${megabytes(MOST.bodyBytes)}`);
  }
}

const isPlainSuccess = (head: ResponseHead): boolean => isSuccess(head) && encodingOf(head.headers) === null;
