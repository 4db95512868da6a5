import type { RowOf } from "./column.js";
import type {
  BLEND_COLUMNS,
  METHOD_COLUMNS,
  PROXY_COLUMNS,
  QUALITY_COLUMNS,
  TIMED_COLUMNS,
  TTFT_COLUMNS,
} from "./columns.js";
import type { LOAD_COLUMNS } from "./load-columns.js";
import type { MethodSetting } from "./methods.js";
import type { Ending } from "./words.js";

/** One line of a TTFT log: one request. The first three keys are the original's and come first. */
export type TtftRecord = Omit<RowOf<typeof TTFT_COLUMNS>, keyof Ending> & Ending;

/** A record with the label under which it is compared. */
export type Labelled<L extends string, R> = R & { readonly label: L };

/**
 * What the client measured for one streamed request, and how it ended, under the keys of every log.
 *
 * All times are in seconds since the request's first byte was handed to an open connection, on a monotonic clock, stamped
 * when bytes leave the socket. A value not seen or not reported is `null`, never 0.
 */
export type TimedRequest = Omit<RowOf<typeof TIMED_COLUMNS>, keyof Ending> & Ending;

/** The columns of every record of a method comparison. */
export type MethodColumns = Pick<
  RowOf<typeof METHOD_COLUMNS>,
  | "method"
  | keyof MethodSetting
  | "collect_seconds"
  | "load_seconds"
  | "server_queue_seconds"
  | "server_prefill_seconds"
  | "recomputed_tokens"
  | "recomputed_ratio"
  | "tokenised"
>;

/** One line of a blend log: one measured request of one method. The first three keys are the original's. */
export type BlendRecord = Omit<RowOf<typeof BLEND_COLUMNS>, keyof Ending> & Ending;

/** One line of a quality log: one example answered by one method, and its score. */
export type QualityRecord = Omit<RowOf<typeof QUALITY_COLUMNS>, keyof Ending> & Ending;

/**
 * What the client measured for one request under load, and what the server reported about it. Seconds count from when the
 * request's first byte was handed to an open connection, except where a column says otherwise; a value not seen or not
 * reported is `null`, never 0.
 */
export type LoadedRequest = Required<
  Pick<
    RowOf<typeof LOAD_COLUMNS>,
    | "scheduled_seconds"
    | "failure"
    | "remark"
    | "status"
    | "retry_after_seconds"
    | "e2e_seconds"
    | "ttft_seconds"
    | "first_byte_seconds"
    | "first_event_seconds"
    | "first_reasoning_seconds"
    | "connect_seconds"
    | "wait_seconds"
    | "chunks"
    | "content_bytes"
    | "itl_seconds"
    | "itl_p99_seconds"
    | "tpot_seconds"
    | "gaps_seconds"
    | "prompt_tokens"
    | "output_tokens"
    | "cached_tokens"
    | "device_cached_tokens"
    | "host_cached_tokens"
    | "storage_cached_tokens"
    | "recomputed_tokens"
    | "recomputed_ratio"
    | "server_queue_seconds"
    | "server_prefill_seconds"
    | "load_seconds"
    | "finish_reason"
    | "started_at"
  >
> &
  Pick<
    RowOf<typeof PROXY_COLUMNS>,
    | "first_lag_seconds"
    | "last_lag_seconds"
    | "sent_span_seconds"
    | "received_span_seconds"
    | "coalesced_chunks"
    | "coalesced_at_start_chunks"
    | "overhead_header_seconds"
  > &
  Ending & {
    /** Which request of the plan it was, from 0. */
    readonly request: number;
    /** The field of the answer that reports `cached_tokens`. */
    readonly cached_tokens_source: string | null;
    /** Text of the first choice, if the plan keeps it. */
    readonly text: string | null;
  };

/**
 * One line of a proxy log: one request.
 *
 * A direct and a proxied request with the same `repeat`, `mode`, `concurrency`, `rate_per_second`, `block` and `run_index`
 * form a pair: the same position in two successive loads.
 */
export type ProxyRecord = Omit<RowOf<typeof PROXY_COLUMNS>, keyof Ending> & Ending;

/**
 * One line of a load log: one request.
 *
 * Rows with the same `label`, `level`, `repeat` and `block` form a block: they ran together and share what the client reports
 * about itself. Only those whose `phase` is `measured` count.
 */
export type LoadRecord = Omit<RowOf<typeof LOAD_COLUMNS>, keyof Ending> & Ending;
