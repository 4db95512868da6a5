/** How a request ended; statistics are split by it before anything is counted. */
export type Outcome = "ok" | "error" | "incomplete" | "timeout";

/** The outcomes a record may carry, in the order tables print them. */
export const OUTCOMES: readonly Outcome[] = ["ok", "error", "incomplete", "timeout"];

/**
 * How a request ended and, when it did not end well, why.
 *
 * `ok` means that the server ended the answer itself, with `[DONE]` or with a `finish_reason` and the end of the response,
 * and that no `finish_reason` tells of a failure; `incomplete` that the stream was cut before.
 */
export type Ending =
  | { readonly outcome: "ok"; readonly error: null }
  | { readonly outcome: "error" | "incomplete" | "timeout"; readonly error: string };

/**
 * What the client measured of one streamed request, under the keys of every log.
 *
 * All times are seconds from the request's first byte being handed to an already opened connection, on a
 * monotonic clock, stamped when bytes leave the socket. `null` means not seen or not reported, never 0.
 */
export interface Timing {
  /** Opening the connection (DNS, TCP, TLS); not part of any other time. 0 when it was already open. */
  readonly connect_seconds: number | null;
  /** The response's first byte, headers included. */
  readonly first_byte_seconds: number | null;
  /** The first chunk of any content, also a role-only or empty delta; what only keeps the connection alive is none. */
  readonly first_event_seconds: number | null;
  /** The first delta with non-empty reasoning, in whatever field the server has it. */
  readonly first_reasoning_seconds: number | null;
  /** The first delta with non-empty content: the time to first token. */
  readonly ttft_seconds: number | null;
  /** The last byte of the response. */
  readonly total_seconds: number | null;
  /** Prompt tokens, as the server's usage reports them. */
  readonly prompt_tokens: number | null;
  /** Completion tokens, as the server's usage reports them. */
  readonly output_tokens: number | null;
  /** Prompt tokens the server took from a cache, as it reports them. */
  readonly cached_tokens: number | null;
}

/** A timed request as it stands in a log: when it started, what was measured, how it ended. */
export type TimedRequest = Timing &
  Ending & {
    /** Why the model stopped, in the server's own word. */
    readonly finish_reason: string | null;
    /** What is to be said of the request beside its outcome, such as why an answer that ended well has no TTFT. */
    readonly remark: string | null;
    readonly started_at: string | null;
  };
