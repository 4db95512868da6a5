import { type ContentGaps, ContentStamps, tpotSeconds } from "../../client/answer/content-stamps.js";
import type { WholeAnswer } from "../../client/answer/ending.js";
import { type StreamListener, StreamScanner } from "../../client/answer/stream-scanner.js";
import type { Failed } from "../../client/answer/verdict.js";
import { contentTokens } from "../../client/event/server-figures.js";
import type { AnswerMode } from "../../domain/records/words.js";
import type { Redact } from "../../domain/secrets/redactor.js";
import { encodingOf } from "../../wire/decompress.js";
import type { Endpoint } from "../../wire/endpoint.js";
import { isSuccess, type ResponseHead } from "../../wire/http-head.js";
import { ResponseScanner } from "../../wire/http-response.js";
import { Recording, type Visit } from "../../wire/recording.js";
import { retryAfterSeconds } from "../../wire/retry-after.js";
import { MOST, megabytes, TooLong } from "../../wire/too-long.js";
import type { KnownAnswer } from "../stream/known-answer.js";
import { KnownResponses } from "../stream/known-responses.js";
import { SendStamps } from "../stream/send-stamps.js";
import { type AnswerFigures, FiguresReader } from "./answer-figures.js";
import { COLUMN } from "./sample-row.js";
import { judgeLoaded, type LoadEnd, remarkOf } from "./verdict.js";

/** Enough of a body without events to tell what it is. */
const KEPT_BYTES = 64 * 1024;

const NO_GAPS: ContentGaps = { itl_seconds: null, itl_p99_seconds: null, spanSeconds: null };
const NOTHING = { usage: null, timings: null, hasToken: false };

/** Reads one response after another, and recognises what resembles earlier ones. */
export class AnswerReader {
  readonly #origin: bigint;
  readonly #keepsText: boolean;
  readonly #figures = new FiguresReader();
  readonly #stamps: SendStamps;
  readonly #listener: StreamListener = {
    onContent: (at, bytes, start, end) => this.#stamps.take(at, bytes, start, end),
  };
  readonly #knownAnswer: KnownAnswer;
  readonly #body = new Recording();
  readonly #onBody: Visit = (at, bytes, start, end) => this.#readBody(at, bytes, start, end);
  readonly #scanner: ResponseScanner;
  readonly #stream: StreamScanner | null;
  /** The body is a success's, and not compressed; `null` before it began. */
  #plain: boolean | null = null;
  /** The earlier whole answer that the body, so far, is equal to. */
  #known: WholeAnswer | null = null;
  /** What a whole answer said, after the response was judged. */
  #whole: WholeAnswer | null = null;

  /** What is missing from an answer that ended well, after the response was judged. */
  remark: string | null = null;

  /** @param known what the server's responses have shown so far. */
  constructor(mode: AnswerMode, origin: bigint, keepsText = false, known = new KnownResponses()) {
    this.#origin = origin;
    this.#keepsText = keepsText;
    this.#knownAnswer = known.answer;
    this.#scanner = new ResponseScanner(this.#onBody, known.head);
    const tools = { shapes: known.shapes, contents: new ContentStamps(), keepsText };
    this.#stream = mode === "stream" ? new StreamScanner(tools, this.#listener) : null;
    this.#stamps = new SendStamps(origin);
  }

  /** A new response follows. */
  restart(): void {
    this.#scanner.restart();
    this.#stamps.restart();
    this.#stream?.restart(this.#listener);
    this.#plain = null;
    this.#known = null;
    this.#whole = null;
    this.remark = null;
    this.#body.clear();
  }

  get head(): ResponseHead | null {
    return this.#scanner.head;
  }

  /** The reader of the stream; `null` for an answer that is not streamed. */
  get stream(): StreamScanner | null {
    return this.#stream;
  }

  /** Why the model stopped, once the response was judged. */
  get finishReason(): string | null {
    return (this.#stream ?? this.#whole)?.finishReason ?? null;
  }

  /** The text of the first choice, if it is kept, after the response was judged. */
  get text(): string | null {
    return this.#keepsText ? (this.#stream?.text ?? this.#whole?.content) || null : null;
  }

  /** Between successive contents, in seconds; none for an answer that is not streamed. */
  gapSeconds(): Float64Array | null {
    return this.#stream?.contents.gapSeconds() ?? null;
  }

  /**
   * Writes the result of the answer into a row, after it was judged, and returns what the server reported about it.
   *
   * @param wholeSeconds from the first byte of the request to the last of the answer.
   */
  fill(row: Float64Array, sentBytes: number, wholeSeconds: number): AnswerFigures {
    const stream = this.#stream;
    const said = stream ?? this.#whole ?? NOTHING;
    const figures = this.#figures.read(said, sentBytes, wholeSeconds);
    const gaps = stream?.contents.gaps() ?? NO_GAPS;
    const tokens = stream === null ? null : contentTokens(figures.output_tokens, stream.usage, stream);
    const times = stream === null ? null : this.#stamps.times(row[COLUMN.sent]!);
    const { head } = this;
    row[COLUMN.firstEvent] = this.#since(stream?.firstEvent);
    row[COLUMN.firstReasoning] = this.#since(stream?.firstReasoning);
    row[COLUMN.firstContent] = this.#since(stream?.firstContent);
    row[COLUMN.status] = head?.status ?? Number.NaN;
    const retryAfter = head === null || isSuccess(head) ? null : retryAfterSeconds(head.headers);
    row[COLUMN.retryAfterSeconds] = retryAfter ?? Number.NaN;
    row[COLUMN.chunks] = stream === null || head === null || !isSuccess(head) ? Number.NaN : stream.chunks;
    row[COLUMN.contentBytes] = (stream ?? this.#whole)?.contentBytes ?? Number.NaN;
    row[COLUMN.firstLag] = times?.firstLagNs ?? Number.NaN;
    row[COLUMN.lastLag] = times?.lastLagNs ?? Number.NaN;
    row[COLUMN.sentSpan] = times?.sentSpanNs ?? Number.NaN;
    row[COLUMN.receivedSpan] = times?.receivedSpanNs ?? Number.NaN;
    row[COLUMN.coalesced] = times?.coalesced ?? Number.NaN;
    row[COLUMN.coalescedAtStart] = times?.coalescedAtStart ?? Number.NaN;
    row[COLUMN.itlSeconds] = gaps.itl_seconds ?? Number.NaN;
    row[COLUMN.itlP99Seconds] = gaps.itl_p99_seconds ?? Number.NaN;
    row[COLUMN.tpotSeconds] = tpotSeconds(gaps.spanSeconds, tokens) ?? Number.NaN;
    row[COLUMN.promptTokens] = figures.prompt_tokens ?? Number.NaN;
    row[COLUMN.outputTokens] = figures.output_tokens ?? Number.NaN;
    row[COLUMN.cachedTokens] = figures.cached_tokens ?? Number.NaN;
    row[COLUMN.deviceCachedTokens] = figures.device_cached_tokens ?? Number.NaN;
    row[COLUMN.hostCachedTokens] = figures.host_cached_tokens ?? Number.NaN;
    row[COLUMN.storageCachedTokens] = figures.storage_cached_tokens ?? Number.NaN;
    row[COLUMN.recomputedTokens] = figures.recomputed_tokens ?? Number.NaN;
    row[COLUMN.recomputedRatio] = figures.recomputed_ratio ?? Number.NaN;
    row[COLUMN.queueSeconds] = figures.server_queue_seconds ?? Number.NaN;
    row[COLUMN.prefillSeconds] = figures.server_prefill_seconds ?? Number.NaN;
    row[COLUMN.loadSeconds] = figures.load_seconds ?? Number.NaN;
    return figures;
  }

  #since(at: bigint | null | undefined): number {
    return at === null || at === undefined ? Number.NaN : Number(at - this.#origin);
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
    this.#scanner.read(at, bytes, start, end);
  }

  /** The connection closed: `true` when that is how this response ends. */
  close(): boolean {
    return this.#scanner.close();
  }

  /** Judges the response, which ended like this; its last byte, if any came, has this stamp. */
  finish(end: LoadEnd, lastByte: bigint | null, endpoint: Endpoint, redact: Redact): Failed | null {
    const stream = this.#stream;
    const complete = end.how === "complete";
    if (complete && this.#known !== null) {
      this.#whole = this.#known;
      this.remark = remarkOf(this.#known, redact);
      return null;
    }
    if (lastByte !== null) stream?.end(lastByte);
    const body = this.#body.length === 0 ? "" : this.#body.text();
    const received = { head: this.head, hasBegun: lastByte !== null, stream, body };
    const { failure, remark, answer } = judgeLoaded(endpoint, redact, end, received);
    this.remark = remark;
    // Of a failed answer, only its end is known.
    this.#whole =
      answer === null || failure === null ? answer : { ...answer, ...NOTHING, contentBytes: null };
    if (answer !== null && failure === null) this.#knownAnswer.learn(body, answer);
    return failure;
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
