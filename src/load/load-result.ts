import type { LoadedRequest } from "../domain/records/record-kinds.js";
import type { ClientLimit } from "../domain/records/words.js";

/** How busy the client was, so that its own slowness is not mistaken for the server's. */
export interface ClientLoad {
  /**
   * The share of time during which the busiest thread's event loop was not idle, from 0 to 1: its CPU seconds per second,
   * plus its waiting for a core.
   */
  readonly cpu: number;
  /** Event-loop delay, 99th percentile. */
  readonly delaySeconds: number;
  /**
   * How late the client turned to a request after its scheduled start, 99th percentile. It does not include opening a
   * connection or waiting for a free one; a request's `wait_seconds` includes both.
   */
  readonly scheduleDelaySeconds: number;
  /** Whether the client rather than the server was the limit, in a word. */
  readonly limit: ClientLimit;
  /** The same in a sentence that says what to do; null if it was not. */
  readonly bottleneck: string | null;
}

/** The result of a load: its requests in order of starting. */
export interface LoadResult {
  readonly requests: readonly LoadedRequest[];
  /** How long after the stated start it really started; null if none was stated. */
  readonly lateSeconds: number | null;
  /** From the first start to the last end. */
  readonly seconds: number;
  readonly client: ClientLoad;
}
