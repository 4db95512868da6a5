import type { LoadedRequest } from "../domain/loaded-request.js";
import { COLUMN, type Taken } from "./samples.js";

/** One request as a record; `originWallMs` is the wall-clock time of the load's origin. */
export function loadedRequest({ row, failure }: Taken, originWallMs: number): LoadedRequest {
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
    latency_seconds: sinceSent(COLUMN.lastByte),
    ttft_seconds: sinceSent(COLUMN.firstContent),
    first_byte_seconds: sinceSent(COLUMN.firstByte),
    connect_seconds: connect,
    wait_seconds: connect === null ? null : (sent - row[COLUMN.due]!) / 1e9,
    chunks: known(COLUMN.chunks),
    first_lag_seconds: seconds(COLUMN.firstLag),
    last_lag_seconds: seconds(COLUMN.lastLag),
    sent_span_seconds: seconds(COLUMN.sentSpan),
    received_span_seconds: seconds(COLUMN.receivedSpan),
    held_chunks: known(COLUMN.held),
    overhead_header_seconds: known(COLUMN.overheadSeconds),
    started_at: new Date(originWallMs + sent / 1e6).toISOString(),
  } as LoadedRequest;
}
