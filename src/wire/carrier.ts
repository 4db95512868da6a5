import type { Connection, ConnectionUser } from "./connection.js";
import { type Drainable, DrainQueue } from "./drain-queue.js";
import type { BodyReader, Exchange, ExchangeEnd, ExchangeLimits } from "./exchange.js";
import { ResponseScanner } from "./http-response.js";
import type { KnownHead } from "./known-head.js";
import { ProtocolError } from "./protocol-error.js";
import { now, type Visit } from "./recording.js";
import { TooLong } from "./too-long.js";

/** After sending everything wanted, a server may take this long to end the response, so that the connection can be kept. */
const LINGER_SECONDS = 1;

/** One carrier is read in each turn of the event loop, because what follows an answer takes longer than reading it. */
const queue = new DrainQueue(0);

/** What one exchange was begun with, and where its result goes. */
interface Carried {
  readonly reader: BodyReader;
  readonly limits: ExchangeLimits;
  readonly resolve: (exchange: Exchange) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Carries one exchange after another over a connection.
 *
 * The read callback takes the stamp and records the bytes; framing and the reader follow after every other socket that is
 * ready has been stamped. What can wait waits for the end of the response (`Recording.canWait`): until then nothing is
 * allocated for it. The carrier lives as long as its connection, so that garbage collection does not copy the state of each
 * request under way.
 */
export class Carrier implements ConnectionUser, Drainable {
  readonly connection: Connection;
  #carried: Carried | null = null;
  #sent = 0n;
  #firstByte: bigint | null = null;
  /** Of all reads, and of those that were looked at and wanted. */
  #lastRead: bigint | null = null;
  #lastByte: bigint | null = null;
  #closed: { readonly error: NodeJS.ErrnoException | null } | null = null;
  #queued = false;
  /** Everything wanted has arrived: what a server sends after it is included in no time. */
  #lingering = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #scanner: ResponseScanner;
  readonly #scan: Visit = (at, bytes, start, end) => {
    if (!this.#lingering) this.#lastByte = at;
    this.#scanner.read(at, bytes, start, end);
    if (!this.#lingering && !this.#scanner.done && this.#carried?.reader.satisfied?.()) this.#linger();
  };
  readonly #abort = (): void => this.#fail(this.#carried?.limits.signal?.reason);
  readonly #expire = (): void => this.#lookAtLimits();
  /** Limits are looked at after the sockets were polled, so bytes that waited while the process was busy still count. */
  readonly #wake = (): void => void setImmediate(this.#expire);

  constructor(connection: Connection, knownHead?: KnownHead) {
    this.connection = connection;
    this.#scanner = new ResponseScanner((at, bytes, start, end) => {
      this.#carried?.reader.onBody(at, bytes, start, end, this.#scanner.head!);
    }, knownHead);
  }

  /**
   * Sends prepared bytes and reads the response to its last byte. Rejects with the signal's reason, or what the reader throws.
   *
   * The carrier must be free.
   */
  exchange(request: Buffer, reader: BodyReader, limits: ExchangeLimits): Promise<Exchange> {
    return new Promise((resolve, reject) => {
      this.#carried = { reader, limits, resolve, reject };
      this.#firstByte = null;
      this.#lastRead = null;
      this.#lastByte = null;
      this.#closed = null;
      this.#lingering = false;
      this.#scanner.restart();
      this.connection.lend(this);
      this.#sent = now();
      this.connection.write(request);
      this.#watch();
      limits.signal?.addEventListener("abort", this.#abort, { once: true });
      if (limits.signal?.aborted) this.#abort();
    });
  }

  onRead(at: bigint): void {
    this.#firstByte ??= at;
    this.#lastRead = at;
    if (this.#carried?.reader.isLive || !this.connection.recording.canWait) this.#enqueue();
  }

  onClose(error: NodeJS.ErrnoException | null): void {
    this.#closed = { error };
    this.#enqueue();
  }

  drain(): void {
    this.#queued = false;
    this.#look("some");
  }

  #look(at: "some" | "all"): void {
    if (this.#carried === null) return;
    const { recording } = this.connection;
    try {
      if (!recording.replay(this.#scan, at)) {
        this.#enqueue();
        return;
      }
      recording.clear();
    } catch (error) {
      if (error instanceof ProtocolError) this.#settle({ how: "not http", error });
      else if (error instanceof TooLong) this.#settle({ how: "too long", error });
      else this.#fail(error);
      return;
    }
    // A reader may end its own exchange, by its signal.
    if (this.#carried === null) return;
    if (this.#scanner.done) this.#settle({ how: "complete" });
    else if (this.#closed !== null) {
      const { error } = this.#closed;
      if (error === null && this.#scanner.close()) this.#settle({ how: "complete" });
      else this.#settle({ how: "cut", error });
    }
  }

  #linger(): void {
    this.#lingering = true;
    this.#watch();
  }

  #enqueue(): void {
    if (this.#queued) return;
    this.#queued = true;
    queue.add(this);
  }

  #timeLeft(limits: ExchangeLimits): { readonly idle: number; readonly total: number } {
    const at = now();
    const last = this.#lingering ? this.#lastByte : this.#lastRead;
    const silent = Number(at - (last ?? this.#sent)) / 1e9;
    const elapsed = Number(at - this.#sent) / 1e9;
    const { idleTimeoutSeconds, timeoutSeconds } = limits;
    const idle = this.#lingering ? Math.min(LINGER_SECONDS, idleTimeoutSeconds) : idleTimeoutSeconds;
    return { idle: idle - silent, total: timeoutSeconds - elapsed };
  }

  /** Checks the clock when the next limit could be reached, instead of setting a timer at every read. */
  #watch(): void {
    const { idle, total } = this.#timeLeft(this.#carried!.limits);
    // Everything wanted may be among the reads that wait.
    const wait = Math.max(0, Math.min(idle, total, LINGER_SECONDS)) * 1000 + 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#wake, wait);
  }

  #lookAtLimits(): void {
    this.#look("all");
    if (this.#carried === null) return;
    const { limits } = this.#carried;
    const { idle, total } = this.#timeLeft(limits);
    if (idle > 0 && total > 0) this.#watch();
    else if (this.#lingering) this.#settle({ how: "satisfied" });
    else if (idle <= 0) this.#settle({ how: "timeout", limit: "idle", seconds: limits.idleTimeoutSeconds });
    else this.#settle({ how: "timeout", limit: "total", seconds: limits.timeoutSeconds });
  }

  /** The exchange is over: the carrier is free. */
  #leave({ limits }: Carried): void {
    this.#carried = null;
    clearTimeout(this.#timer);
    limits.signal?.removeEventListener("abort", this.#abort);
  }

  #fail(reason: unknown): void {
    const carried = this.#carried;
    if (carried === null) return;
    this.#leave(carried);
    this.connection.destroy();
    carried.reject(reason);
  }

  #settle(end: ExchangeEnd): void {
    const carried = this.#carried!;
    this.#leave(carried);
    const { connection } = this;
    const scanner = this.#scanner;
    // After an answer that came before the whole request was sent, the connection's state is uncertain.
    const reusable = end.how === "complete" && scanner.reusable && connection.alive && connection.flushed;
    if (!reusable) connection.destroy();
    carried.resolve({
      sent: this.#sent,
      firstByte: this.#firstByte,
      lastByte: this.#lastByte,
      head: scanner.head,
      end,
      reusable,
    });
  }
}
