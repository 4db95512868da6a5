import type { RowOf } from "./column.js";
import type {
  BLEND_COLUMNS,
  METHOD_COLUMNS,
  PROXY_COLUMNS,
  QUALITY_COLUMNS,
  REQUEST_COLUMNS,
  TTFT_COLUMNS,
} from "./columns.js";
import type { MethodSetting } from "./methods.js";
import type { Ending } from "./words.js";

/** One line of a TTFT log: one request. The first three keys are the original's and come first. */
export type TtftRecord = Omit<RowOf<typeof TTFT_COLUMNS>, keyof Ending> & Ending;

/** A record with the label it is compared under. */
export type Labelled<L extends string, R> = R & { readonly label: L };

type Request = RowOf<typeof REQUEST_COLUMNS>;

/**
 * What the client measured of one streamed request, under the keys of every log.
 *
 * All times are seconds from the request's first byte being handed to an already opened connection, on a
 * monotonic clock, stamped when bytes leave the socket. `null` means not seen or not reported, never 0.
 */
export type Timing = Pick<RowOf<typeof TTFT_COLUMNS>, "ttft_seconds" | "cached_tokens"> &
  Pick<
    Request,
    | "connect_seconds"
    | "first_byte_seconds"
    | "first_event_seconds"
    | "first_reasoning_seconds"
    | "e2e_seconds"
    | "prompt_tokens"
    | "output_tokens"
  >;

/** A timed request as it stands in a log: when it started, what was measured, how it ended. */
export type TimedRequest = Timing & Ending & Pick<Request, "finish_reason" | "remark" | "started_at">;

/** The columns every record of a method comparison has. */
export type MethodColumns = Pick<
  RowOf<typeof METHOD_COLUMNS>,
  | "method"
  | keyof MethodSetting
  | "collect_seconds"
  | "load_seconds"
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
 * What the client measured of one request under load. Seconds count from the request's first byte being handed to an
 * open connection, except where a column says otherwise; `null` means not seen or not reported, never 0.
 */
export type LoadedRequest = Ending &
  Pick<
    RowOf<typeof PROXY_COLUMNS>,
    | "status"
    | "failure"
    | "e2e_seconds"
    | "ttft_seconds"
    | "first_byte_seconds"
    | "connect_seconds"
    | "wait_seconds"
    | "chunks"
    | "content_bytes"
    | "finish_reason"
    | "first_lag_seconds"
    | "last_lag_seconds"
    | "sent_span_seconds"
    | "received_span_seconds"
    | "coalesced_chunks"
    | "coalesced_at_start_chunks"
    | "overhead_header_seconds"
    | "started_at"
  >;

/**
 * One line of a proxy log: one request.
 *
 * A direct and a proxied request with the same `repeat`, `mode`, `concurrency`, `rate_per_second`, `block` and
 * `run_index` are a pair: the same place in two loads that followed each other.
 */
export type ProxyRecord = Omit<RowOf<typeof PROXY_COLUMNS>, keyof Ending> & Ending;
