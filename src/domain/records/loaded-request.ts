import type { RowOf } from "./column.js";
import type { PROXY_COLUMNS } from "./columns.js";
import type { Ending } from "./outcome.js";

export type { FailureKind } from "./failure.js";

/**
 * What the client measured of one request under load. Seconds count from the request's first byte being handed to an
 * open connection, except where a column says otherwise; `null` means not seen or not reported, never 0.
 */
export type LoadedRequest = Ending &
  Pick<
    RowOf<typeof PROXY_COLUMNS>,
    | "status"
    | "failure"
    | "latency_seconds"
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
    | "held_chunks"
    | "held_at_start_chunks"
    | "overhead_header_seconds"
    | "started_at"
  >;
