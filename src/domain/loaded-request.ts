import type { Ending } from "./timed-request.js";

/** Why a request under load failed, in words that can be counted; `null` when it did not. */
export type FailureKind =
  | "not connected"
  | "reset"
  | "timeout"
  | "bad status"
  | "cut stream"
  | "no content"
  | "error in stream"
  | "error in answer"
  | "given up"
  | "lost content"
  | "not understood";

/**
 * What the client measured of one request under load. Seconds count from the request's first byte being handed to an
 * open connection, except where a field says otherwise; `null` means not seen or not reported, never 0.
 */
export type LoadedRequest = Ending & {
  /** The HTTP status; null when there was no answer. */
  readonly status: number | null;
  readonly failure: FailureKind | null;
  /** The last byte of the response: the latency of a whole answer. */
  readonly latency_seconds: number | null;
  /** The first chunk with non-empty content; null where nothing was streamed. */
  readonly ttft_seconds: number | null;
  readonly first_byte_seconds: number | null;
  /** Opening a connection for this very request; 0 when an open one was free. */
  readonly connect_seconds: number | null;
  /**
   * From the moment the schedule meant the request to start until its first byte was handed over. With open-loop
   * arrivals a stall of the server shows here, so `wait_seconds + latency_seconds` is what a user would have waited;
   * in a closed loop it is the client's own delay.
   */
  readonly wait_seconds: number | null;
  /** Chunks with content. */
  readonly chunks: number | null;
  /** Content of the first choice, in bytes of UTF-8: the same whatever chunks it comes in. */
  readonly content_bytes: number | null;
  /** Why the model stopped, in the server's own word. */
  readonly finish_reason: string | null;
  /** The first content chunk: when it came minus when the provider says it was sent (`firsttoken mock` stamps its chunks). */
  readonly first_lag_seconds: number | null;
  /** The same of the last content chunk. */
  readonly last_lag_seconds: number | null;
  /** First to last content chunk, as the provider sent them. */
  readonly sent_span_seconds: number | null;
  /** First to last content chunk, as they came. */
  readonly received_span_seconds: number | null;
  /** Chunks that came within a tenth of the time that had parted them from the one before when they were sent. */
  readonly held_chunks: number | null;
  /** Those of them that came before the first that was not held: they had been sent when the stream began to come. */
  readonly held_at_start_chunks: number | null;
  /** What the proxy says it added: LiteLLM's `x-litellm-overhead-duration-ms`. */
  readonly overhead_header_seconds: number | null;
  readonly started_at: string | null;
};
