import type { Failed } from "../../client/answer/verdict.js";
import type { LoadedRequest } from "../../domain/records/record-kinds.js";

/**
 * What one request leaves behind, as numbers in one row. Times are nanoseconds, moments count from the load's origin, and NaN
 * is what was not seen.
 *
 * `due` is when the schedule meant it to start, `picked` when the client turned to it, `sent` when its first byte was
 * handed over (or an attempt to connect began that failed), `ended` when the client was through with it.
 */
export const COLUMN = {
  due: 0,
  picked: 1,
  sent: 2,
  firstByte: 3,
  firstContent: 4,
  lastByte: 5,
  ended: 6,
  connect: 7,
  chunks: 8,
  firstLag: 9,
  lastLag: 10,
  sentSpan: 11,
  receivedSpan: 12,
  coalesced: 13,
  coalescedAtStart: 14,
  overheadSeconds: 15,
  status: 16,
  contentBytes: 17,
  itlSeconds: 19,
  itlP99Seconds: 20,
  tpotSeconds: 21,
  outputTokens: 22,
  /** Its place among the thread's finish reasons. */
  finishReason: 18,
} as const;

export const WIDTH = Object.keys(COLUMN).length;

/** A request as its thread saw it. */
export interface Sample {
  readonly row: Float64Array;
  readonly failure: Failed | null;
  readonly finishReason: string | null;
}

/** One request as a record; `wallTime` writes the wall-clock time of a moment in nanoseconds after the load's origin. */
export function loadedRequest(
  { row, failure, finishReason }: Sample,
  wallTime: (ns: number) => string,
): LoadedRequest {
  const known = (column: number): number | null => (Number.isNaN(row[column]!) ? null : row[column]!);
  const seconds = (column: number): number | null => (Number.isNaN(row[column]!) ? null : row[column]! / 1e9);
  const sent = row[COLUMN.sent]!;
  const sinceSent = (column: number): number | null =>
    Number.isNaN(row[column]!) ? null : (row[column]! - sent) / 1e9;
  const connect = seconds(COLUMN.connect);
  // Every field in one literal: spreading an ending into it takes ten times as long, and there may be a million.
  return {
    outcome: failure?.outcome ?? "ok",
    error: failure?.error ?? null,
    failure: failure?.failure ?? null,
    status: known(COLUMN.status),
    e2e_seconds: sinceSent(COLUMN.lastByte),
    ttft_seconds: sinceSent(COLUMN.firstContent),
    first_byte_seconds: sinceSent(COLUMN.firstByte),
    connect_seconds: connect,
    wait_seconds: connect === null ? null : (sent - row[COLUMN.due]!) / 1e9,
    chunks: known(COLUMN.chunks),
    content_bytes: known(COLUMN.contentBytes),
    itl_seconds: known(COLUMN.itlSeconds),
    itl_p99_seconds: known(COLUMN.itlP99Seconds),
    tpot_seconds: known(COLUMN.tpotSeconds),
    output_tokens: known(COLUMN.outputTokens),
    finish_reason: finishReason,
    first_lag_seconds: seconds(COLUMN.firstLag),
    last_lag_seconds: seconds(COLUMN.lastLag),
    sent_span_seconds: seconds(COLUMN.sentSpan),
    received_span_seconds: seconds(COLUMN.receivedSpan),
    coalesced_chunks: known(COLUMN.coalesced),
    coalesced_at_start_chunks: known(COLUMN.coalescedAtStart),
    overhead_header_seconds: known(COLUMN.overheadSeconds),
    started_at: wallTime(sent),
  } as LoadedRequest;
}

/** Writes moments after an origin as ISO 8601 in milliseconds; a date is written once for all moments of its second. */
export function wallTimeFrom(originWallMs: number): (ns: number) => string {
  let second = Number.NaN;
  let written = "";
  return (ns) => {
    const ms = Math.floor(originWallMs + ns / 1e6);
    const own = Math.floor(ms / 1000);
    if (own !== second) {
      second = own;
      written = new Date(1000 * own).toISOString().slice(0, -"000Z".length);
    }
    return `${written}${String(ms - 1000 * own).padStart(3, "0")}Z`;
  };
}
