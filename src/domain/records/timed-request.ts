import type { RowOf } from "./column.js";
import type { REQUEST_COLUMNS, TTFT_COLUMNS } from "./columns.js";
import type { Ending } from "./outcome.js";

export { type Ending, OUTCOMES, type Outcome } from "./outcome.js";

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
    | "total_seconds"
    | "prompt_tokens"
    | "output_tokens"
  >;

/** A timed request as it stands in a log: when it started, what was measured, how it ended. */
export type TimedRequest = Timing & Ending & Pick<Request, "finish_reason" | "remark" | "started_at">;
