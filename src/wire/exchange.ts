import type { Connection } from "./connection.js";
import type { ResponseHead } from "./http-head.js";
import { ProtocolError, ResponseScanner } from "./http-response.js";
import { now, type Visit } from "./recording.js";
import { TooLong } from "./too-long.js";

/** The limit that was reached: without a byte, or in total. */
export type TimeLimit = "idle" | "total";

/** How the exchange of one request and its response ended. */
export type ExchangeEnd =
  | { readonly how: "complete" }
  /** Everything wanted had arrived (`BodyReader.satisfied`), but the server did not finish the response. */
  | { readonly how: "satisfied" }
  /** The connection ended inside the response, or before it. */
  | { readonly how: "cut"; readonly error: NodeJS.ErrnoException | null }
  | { readonly how: "not http"; readonly error: ProtocolError }
  /** More arrived than the limit; the connection was closed. */
  | { readonly how: "too long"; readonly error: TooLong }
  | { readonly how: "timeout"; readonly limit: TimeLimit; readonly seconds: number };

/** One request and its response, stamped on the monotonic clock in nanoseconds. */
export interface Exchange {
  readonly sent: bigint;
  readonly firstByte: bigint | null;
  /** The last byte of the response, or of the part that was wanted (`BodyReader.satisfied`). */
  readonly lastByte: bigint | null;
  readonly head: ResponseHead | null;
  readonly end: ExchangeEnd;
  /** The connection may carry another request. */
  readonly reusable: boolean;
}

/** Who reads the body. */
export interface BodyReader {
  /**
   * Bytes `start` to `end` of a borrowed buffer belong to the body and arrived in the read stamped `at`, a while ago.
   *
   * @throws TooLong if no more of it is to be read, which ends the exchange.
   */
  onBody(at: bigint, bytes: Buffer, start: number, end: number, head: ResponseHead): void;
  /** Asked after each piece: whether nothing after it is of interest. */
  satisfied?(): boolean;
}

export interface ExchangeLimits {
  /** From the request's first byte to the response's last. */
  readonly timeoutSeconds: number;
  /** Limit without a byte. */
  readonly idleTimeoutSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** After sending everything wanted, a server may take this long to end the response, so that the connection can be kept. */
const LINGER_SECONDS = 1;

/** The maximum of `setTimeout`. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Sends prepared bytes over an open connection and reads the response to its last byte.
 *
 * The read callback takes the stamp and records the bytes; framing and the reader follow after every other socket
 * that is ready has been stamped. Rejects with the signal's reason, or what the reader throws.
 */
export function exchange(
  connection: Connection,
  request: Buffer,
  reader: BodyReader,
  limits: ExchangeLimits,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const scanner = new ResponseScanner((at, bytes, start, end) => {
      reader.onBody(at, bytes, start, end, scanner.head!);
    });
    const scan: Visit = (at, bytes, start, end) => scanner.read(at, bytes, start, end);
    const { recording } = connection;
    let firstByte: bigint | null = null;
    let lastByte: bigint | null = null;
    let closed: { readonly error: NodeJS.ErrnoException | null } | null = null;
    let settled = false;
    let lingering = false;
    let timer: NodeJS.Timeout | undefined;

    connection.lend({
      onRead(at) {
        firstByte ??= at;
        // Everything wanted has arrived: what a server sends after it is included in no time.
        if (!lingering) lastByte = at;
        afterPoll(digest);
      },
      onClose(error) {
        closed = { error };
        afterPoll(digest);
      },
    });
    const sent = now();
    connection.write(request);
    watch();
    limits.signal?.addEventListener("abort", abort, { once: true });
    if (limits.signal?.aborted) abort();

    function digest(): void {
      if (settled) return;
      try {
        recording.replay(scan);
        recording.clear();
      } catch (error) {
        if (error instanceof ProtocolError) settle({ how: "not http", error });
        else if (error instanceof TooLong) settle({ how: "too long", error });
        else fail(error);
        return;
      }
      if (scanner.done) settle({ how: "complete" });
      else if (closed !== null) {
        if (closed.error === null && scanner.close()) settle({ how: "complete" });
        else settle({ how: "cut", error: closed.error });
      } else if (!lingering && reader.satisfied?.()) {
        lingering = true;
        clearTimeout(timer);
        watch();
      }
    }

    function timeLeft(): { readonly idle: number; readonly total: number } {
      const at = now();
      const silent = Number(at - (lastByte ?? sent)) / 1e9;
      const elapsed = Number(at - sent) / 1e9;
      const idle = lingering
        ? Math.min(LINGER_SECONDS, limits.idleTimeoutSeconds)
        : limits.idleTimeoutSeconds;
      return { idle: idle - silent, total: limits.timeoutSeconds - elapsed };
    }

    /** Checks the clock when the next limit could be reached, instead of setting a timer at every read. */
    function watch(): void {
      const { idle, total } = timeLeft();
      const wait = Math.max(0, Math.min(idle, total)) * 1000 + 1;
      timer = setTimeout(() => setImmediate(expire), Math.min(wait, LONGEST_TIMER_MS));
    }

    /** Runs after the sockets were polled, so bytes that waited while the process was busy still count. */
    function expire(): void {
      if (settled) return;
      digest();
      if (settled) return;
      const { idle, total } = timeLeft();
      if (idle > 0 && total > 0) watch();
      else if (lingering) settle({ how: "satisfied" });
      else if (idle <= 0) settle({ how: "timeout", limit: "idle", seconds: limits.idleTimeoutSeconds });
      else settle({ how: "timeout", limit: "total", seconds: limits.timeoutSeconds });
    }

    function abort(): void {
      fail(limits.signal?.reason);
    }

    function leave(): void {
      settled = true;
      clearTimeout(timer);
      limits.signal?.removeEventListener("abort", abort);
    }

    function fail(reason: unknown): void {
      if (settled) return;
      leave();
      connection.destroy();
      reject(reason);
    }

    function settle(end: ExchangeEnd): void {
      leave();
      // After an answer that came before the whole request was sent, the connection's state is uncertain.
      const reusable = end.how === "complete" && scanner.reusable && connection.alive && connection.flushed;
      if (!reusable) connection.destroy();
      resolve({ sent, firstByte, lastByte, head: scanner.head, end, reusable });
    }
  });
}

const waiting = new Set<() => void>();

/**
 * Runs a task once every socket that is ready now has been read: stamps first, work after. A task that is already waiting
 * does not run twice.
 *
 * One task runs in each turn of the event loop, so that sockets are read, and stamped, between any two. A task must
 * not throw.
 */
export function afterPoll(task: () => void): void {
  if (waiting.size === 0) setImmediate(runFirst);
  waiting.add(task);
}

function runFirst(): void {
  for (const task of waiting) {
    waiting.delete(task);
    if (waiting.size > 0) setImmediate(runFirst);
    task();
    return;
  }
}
