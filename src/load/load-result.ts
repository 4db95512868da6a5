import type { LoadedRequest } from "../domain/records/record-kinds.js";
import type { ClientLimit } from "../domain/records/words.js";

/** How busy the client was, so that its own slowness is not taken for the server's. */
export interface ClientLoad {
  /**
   * The share of the time in which the busiest thread's event loop was not waiting, from 0 to 1: its CPU seconds for each
   * second, and what it waited for a core.
   */
  readonly cpu: number;
  /** Event-loop delay, 99th percentile. */
  readonly delaySeconds: number;
  /**
   * How late the client turned to a request after its scheduled start, 99th percentile. Opening a connection, or waiting
   * for a free one, is not in it; `wait_seconds` of a request has both.
   */
  readonly scheduleDelaySeconds: number;
  /** Whether the client, not the server, set the pace, in a word. */
  readonly limit: ClientLimit;
  /** The same in a sentence that says what to do; null when it did not. */
  readonly bottleneck: string | null;
}

/** What came of a load: its requests in the order of their starts. */
export interface LoadResult {
  readonly requests: readonly LoadedRequest[];
  /** From the first start to the last end. */
  readonly seconds: number;
  readonly client: ClientLoad;
}
