import type { LoadedRequest } from "../domain/loaded-request.js";
import type { AnswerMode } from "../domain/proxy-record.js";

/** When requests start: as soon as one of `concurrency` places is free, or by a schedule that waits for nothing. */
export type Arrivals =
  | { readonly kind: "closed"; readonly concurrency: number }
  | {
      readonly kind: "open";
      readonly ratePerSecond: number;
      readonly spacing: "constant" | "poisson";
      readonly seed: number | string;
    };

/** One load: the same request, many times. */
export interface LoadPlan {
  /** Base URL, such as `http://127.0.0.1:4000/v1`. */
  readonly url: string;
  readonly apiKey: string;
  readonly mode: AnswerMode;
  /** The body of `POST /chat/completions`, without `stream`. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly requests: number;
  readonly arrivals: Arrivals;
  /** From handing over a request to its last byte. */
  readonly timeoutSeconds: number;
  /** Worker threads that share the load; 0 runs it on the caller's thread. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** How busy the client was, so that its own slowness is not taken for the server's. */
export interface ClientLoad {
  /** CPU seconds of the busiest thread for each second of the load. */
  readonly cpu: number;
  /** Event-loop delay, 99th percentile. */
  readonly delaySeconds: number;
  /** How late requests were handed over after their scheduled start, 99th percentile. */
  readonly scheduleDelaySeconds: number;
  /** Why the client, not the server, set the pace; null when it did not. */
  readonly bottleneck: string | null;
}

/** What came of a load: its requests in the order of their starts. */
export interface LoadResult {
  readonly requests: readonly LoadedRequest[];
  /** From the first start to the last end. */
  readonly seconds: number;
  readonly client: ClientLoad;
}
