import { canBePart } from "../../client/event/server-times.js";
import { toldLine } from "../../domain/plain-text.js";
import type { AnswerMode } from "../../domain/records/words.js";
import type { Redact } from "../../domain/secrets/redactor.js";
import { type Connection, type ConnectionUser, openConnection } from "../../wire/connection.js";
import type { Drainable, DrainQueue } from "../../wire/drain-queue.js";
import type { Endpoint } from "../../wire/endpoint.js";
import type { TimeLimit } from "../../wire/exchange.js";
import { ProtocolError } from "../../wire/protocol-error.js";
import { now, type Visit } from "../../wire/recording.js";
import { TooLong } from "../../wire/too-long.js";
import type { AnswerFigures } from "../answers/answer-figures.js";
import { AnswerReader } from "../answers/answer-reader.js";
import { COLUMN, WIDTH } from "../answers/sample-row.js";
import type { SampleWords } from "../answers/samples.js";
import { COMPLETE, type LoadEnd } from "../answers/verdict.js";
import type { KnownResponses } from "../stream/known-responses.js";
import type { Deadlines, Timed } from "./deadlines.js";
import type { KeptOfAnswers } from "./load-shard.js";
import type { PackedRequests } from "./packed-requests.js";

/** What the clients of one thread share. */
export interface LoadClientContext {
  readonly endpoint: Endpoint;
  readonly requests: PackedRequests;
  readonly keeps: KeptOfAnswers;
  readonly mode: AnswerMode;
  readonly timeoutSeconds: number;
  readonly idleTimeoutSeconds: number;
  readonly known: KnownResponses;
  readonly redact: Redact;
  readonly signal: AbortSignal;
  readonly queue: DrainQueue;
  readonly deadlines: Deadlines;
  /** For responses without a byte; null if that has no limit of its own. */
  readonly silences: Deadlines | null;
  /** For responses that lack only their end. */
  readonly lingering: Deadlines;
  /** False once the server has closed a connection that it promised to keep: then each request gets a new one. */
  keepsConnections: boolean;
  /** The zero of all times, on the monotonic clock. */
  readonly origin: bigint;
  /** A request has ended; the client is free for another. The row is only borrowed. */
  onEnd(client: LoadClient, row: Float64Array, words: SampleWords): void;
}

/** A server that has sent `[DONE]` may take this long to end the response, so that the connection can be kept. */
export const LINGER_SECONDS = 1;

/**
 * Servers close idle connections, the earliest known after two seconds, so a connection idle for longer than this is not
 * used.
 */
const IDLE_NS = 1_000_000_000n;

/**
 * One request at a time, over a connection that is kept between requests and reopened if it is lost. No request is sent
 * twice, because the server may have computed it.
 */
export class LoadClient implements ConnectionUser, Drainable, Timed {
  readonly #context: LoadClientContext;
  readonly #answer: AnswerReader;
  /**
   * The current request's result, filled in as it goes. Moments are kept here and not in fields: a field that holds whole
   * numbers is compiled for 32 bits, and nanoseconds outgrow those after two seconds, when all that uses it is compiled again.
   */
  readonly #row = new Float64Array(WIDTH);
  #connection: Connection | null = null;
  /** The connection reports to this client what it reads. */
  #lent = false;
  /** The connection has carried a request. */
  #used = false;
  #lastUse = 0n;

  /** The reason that the last answer ended, in the server's word and as it is told: most answers end for the same. */
  #reason: string | null = null;
  #toldReason: string | null = null;

  #request = 0;
  #sentBytes = 0;
  /** Of the reads that were looked at and wanted. */
  #lastByte: bigint | null = null;
  #closed: { readonly error: NodeJS.ErrnoException | null } | null = null;
  #underWay = false;
  #queued = false;
  /** The answer is complete: what a server sends after it is included in no time. */
  #isLingering = false;
  readonly #silence: Timed = { expire: () => this.#expire("idle") };
  readonly #read: Visit = (at, bytes, start, end) => {
    if (!this.#isLingering) this.#lastByte = at;
    const answer = this.#answer;
    answer.read(at, bytes, start, end);
    if (!this.#isLingering && !answer.done && answer.stream?.over) this.#linger();
  };

  constructor(context: LoadClientContext) {
    this.#context = context;
    this.#answer = new AnswerReader(context.mode, context.origin, context.keeps.text, context.known);
  }

  /** Opens the connection before a request; a failure will appear again when the request needs it. */
  async prepare(): Promise<void> {
    try {
      this.#keep(await this.#open());
      this.rest();
    } catch {
      this.#connection = null;
    }
  }

  /** The connection is open and free, and the server can't be closing it. */
  get ready(): boolean {
    return this.#connection?.alive === true && (!this.#used || now() - this.#lastUse < IDLE_NS);
  }

  /** Starts a request of the plan that was due at this moment, in nanoseconds after the origin; `onEnd` reports its end. */
  start(request: number, due: number, picked: number): void {
    const row = this.#row;
    this.#request = request;
    row[COLUMN.request] = request;
    row[COLUMN.due] = due;
    row[COLUMN.picked] = picked;
    row[COLUMN.connect] = 0;
    if (this.ready) this.#send();
    else {
      this.#drop();
      void this.#reconnect();
    }
  }

  /** No request follows for now. */
  rest(): void {
    this.#lent = false;
    this.#connection?.takeBack();
  }

  /** Aborts the current request, and closes the connection. */
  destroy(): void {
    this.#underWay = false;
    this.#drop();
  }

  onRead(at: bigint): void {
    const row = this.#row;
    if (Number.isNaN(row[COLUMN.firstByte])) row[COLUMN.firstByte] = this.#since(at);
    if (this.#underWay && !this.#isLingering) this.#context.silences?.add(this.#silence);
    if (!this.#connection?.recording.canWait) this.#enqueue();
  }

  onClose(error: NodeJS.ErrnoException | null): void {
    this.#closed = { error };
    this.#enqueue();
  }

  drain(): void {
    this.#queued = false;
    this.#look("some");
  }

  /** Has the reads that wait looked at: the end of the answer may be among them. */
  lookSoon(): void {
    if (this.#underWay && this.#connection?.recording.length) this.#enqueue();
  }

  #look(at: "some" | "all"): void {
    if (!this.#underWay) return;
    const { recording } = this.#connection!;
    try {
      if (!recording.replay(this.#read, at)) {
        this.#enqueue();
        return;
      }
      recording.clear();
    } catch (error) {
      if (error instanceof ProtocolError) this.#settle({ how: "not http", error });
      else if (error instanceof TooLong) this.#settle({ how: "too long", error });
      else throw error;
      return;
    }
    if (this.#answer.done) this.#settle(COMPLETE);
    else if (this.#closed !== null) this.#lose(this.#closed.error);
  }

  #linger(): void {
    this.#isLingering = true;
    this.#forgetDeadlines();
    this.#context.lingering.add(this);
  }

  expire(): void {
    this.#expire("total");
  }

  #expire(limit: TimeLimit): void {
    this.#look("all");
    if (!this.#underWay) return;
    const { timeoutSeconds, idleTimeoutSeconds } = this.#context;
    const seconds = limit === "idle" ? idleTimeoutSeconds : timeoutSeconds;
    this.#settle(this.#isLingering ? COMPLETE : { how: "timeout", limit, seconds });
  }

  #forgetDeadlines(): void {
    this.#context.deadlines.remove(this);
    this.#context.silences?.remove(this.#silence);
  }

  #enqueue(): void {
    if (this.#queued || !this.#underWay) return;
    this.#queued = true;
    this.#context.queue.add(this);
  }

  #open(): Promise<Connection> {
    const { endpoint, timeoutSeconds, signal } = this.#context;
    return openConnection(endpoint, { timeoutSeconds }, signal);
  }

  #drop(): void {
    // The sample is returned first, so that nothing later affects the next request.
    this.#connection?.takeBack();
    this.#connection?.destroy();
    this.#connection = null;
  }

  #keep(connection: Connection): void {
    this.#connection = connection;
    this.#lent = false;
    this.#used = false;
    this.#lastUse = now();
  }

  async #reconnect(): Promise<void> {
    const tried = now();
    try {
      const connection = await this.#open();
      this.#row[COLUMN.connect] = connection.openSeconds * 1e9;
      this.#keep(connection);
    } catch (error) {
      if (this.#context.signal.aborted) return;
      this.#begin();
      this.#row[COLUMN.sent] = this.#since(tried);
      this.#settle({ how: "unreachable", error: error as Error });
      return;
    }
    if (this.#context.signal.aborted) this.destroy();
    else this.#send();
  }

  #send(): void {
    const { requests, deadlines, silences } = this.#context;
    const bytes = requests.bytesOf(this.#request);
    this.#sentBytes = bytes.length;
    const connection = this.#connection!;
    if (this.#lent) connection.recording.clear();
    else connection.lend(this);
    this.#lent = true;
    this.#begin();
    deadlines.add(this);
    silences?.add(this.#silence);
    this.#row[COLUMN.sent] = this.#since(now());
    connection.write(bytes);
  }

  #begin(): void {
    this.#row[COLUMN.firstByte] = Number.NaN;
    this.#lastByte = null;
    this.#closed = null;
    this.#isLingering = false;
    this.#answer.restart();
    this.#underWay = true;
  }

  /** The connection ended before the response did, or with it. */
  #lose(error: NodeJS.ErrnoException | null): void {
    if (error === null && this.#answer.close()) this.#settle(COMPLETE);
    else {
      if (this.#used && Number.isNaN(this.#row[COLUMN.firstByte])) this.#context.keepsConnections = false;
      this.#settle({ how: "cut", error });
    }
  }

  #settle(end: LoadEnd): void {
    const { lingering, endpoint, redact, keeps, onEnd } = this.#context;
    const ended = now();
    this.#underWay = false;
    if (this.#isLingering) lingering.remove(this);
    else this.#forgetDeadlines();
    const answer = this.#answer;
    const failure = answer.finish(end, this.#lastByte, endpoint, redact);
    // After an answer that came before the whole request was sent, the connection's state is uncertain.
    const reusable =
      this.#context.keepsConnections &&
      end.how === "complete" &&
      answer.reusable &&
      this.#connection!.flushed;
    this.#used = true;
    this.#lastUse = ended;
    if (!reusable) this.#drop();
    const { cached_tokens_source, doubt } = this.#fillRow(end, ended);
    const { finishReason, text } = answer;
    const remarks = doubt === null ? answer.remark : `${answer.remark ?? ""} ${redact(doubt)}`.trim();
    onEnd(this, this.#row, {
      failure,
      remark: remarks,
      finishReason: this.#tell(finishReason),
      cachedTokensSource: cached_tokens_source,
      text: text === null ? null : redact(text),
      gapSeconds: keeps.gaps ? answer.gapSeconds() : null,
    });
  }

  /** A reason without secrets, in one line. */
  #tell(reason: string | null): string | null {
    if (reason !== this.#reason) {
      this.#reason = reason;
      this.#toldReason = reason === null ? null : toldLine(this.#context.redact(reason));
    }
    return this.#toldReason;
  }

  #fillRow(end: LoadEnd, ended: bigint): AnswerFigures {
    const row = this.#row;
    const sent = row[COLUMN.sent]!;
    const lastByte = this.#since(this.#lastByte);
    const { stream, head } = this.#answer;
    const whole = end.how === "complete" || stream?.done === true;
    row[COLUMN.lastByte] = whole ? lastByte : Number.NaN;
    row[COLUMN.ended] = whole ? lastByte : this.#since(ended);
    if (end.how === "unreachable") row[COLUMN.connect] = Number.NaN;
    row[COLUMN.overheadSeconds] =
      head === null ? Number.NaN : overheadSeconds(head.headers, (row[COLUMN.ended]! - sent) / 1e9);
    return this.#answer.fill(row, this.#sentBytes, (lastByte - sent) / 1e9);
  }

  #since(at: bigint | null): number {
    return at === null ? Number.NaN : Number(at - this.#context.origin);
  }
}

/**
 * What LiteLLM says it added, below 0 if its clocks disagree; NaN if it says nothing, or more than the request took in total.
 */
function overheadSeconds(headers: Readonly<Record<string, string>>, wholeSeconds: number): number {
  const milliseconds = headers["x-litellm-overhead-duration-ms"]?.trim();
  const seconds =
    milliseconds === undefined || milliseconds === "" ? Number.NaN : Number(milliseconds) / 1000;
  return Number.isFinite(seconds) && (seconds <= 0 || canBePart(seconds, wholeSeconds))
    ? seconds
    : Number.NaN;
}
