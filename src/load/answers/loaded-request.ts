import type { LoadedRequest } from "../../domain/records/record-kinds.js";
import { COLUMN } from "./sample-row.js";
import type { Sample } from "./samples.js";

/** The properties of a block that its requests need. */
export interface BlockClock {
  /** Writes the wall-clock time of a moment in nanoseconds after the load's origin. */
  readonly wallTime: (ns: number) => string;
  /** When a block with a schedule began, after the origin; null for one without. */
  readonly scheduleStartNs: number | null;
}

/** One request as a record. */
export function loadedRequest(
  { row, failure, remark, finishReason, cachedTokensSource, text, gapSeconds }: Sample,
  { wallTime, scheduleStartNs }: BlockClock,
): LoadedRequest {
  const known = (column: number): number | null => (Number.isNaN(row[column]!) ? null : row[column]!);
  const seconds = (column: number): number | null => (Number.isNaN(row[column]!) ? null : row[column]! / 1e9);
  const sent = row[COLUMN.sent]!;
  const sinceSent = (column: number): number | null =>
    Number.isNaN(row[column]!) ? null : (row[column]! - sent) / 1e9;
  const connect = seconds(COLUMN.connect);
  // All fields in one literal: spreading an ending into it takes ten times as long, and there may be a million.
  return {
    request: row[COLUMN.request]!,
    scheduled_seconds: scheduleStartNs === null ? null : (row[COLUMN.due]! - scheduleStartNs) / 1e9,
    outcome: failure?.outcome ?? "ok",
    error: failure?.error ?? null,
    failure: failure?.failure ?? null,
    remark,
    status: known(COLUMN.status),
    retry_after_seconds: known(COLUMN.retryAfterSeconds),
    e2e_seconds: sinceSent(COLUMN.lastByte),
    ttft_seconds: sinceSent(COLUMN.firstContent),
    first_byte_seconds: sinceSent(COLUMN.firstByte),
    first_event_seconds: sinceSent(COLUMN.firstEvent),
    first_reasoning_seconds: sinceSent(COLUMN.firstReasoning),
    connect_seconds: connect,
    wait_seconds: connect === null ? null : (sent - row[COLUMN.due]!) / 1e9,
    chunks: known(COLUMN.chunks),
    content_bytes: known(COLUMN.contentBytes),
    itl_seconds: known(COLUMN.itlSeconds),
    itl_p99_seconds: known(COLUMN.itlP99Seconds),
    tpot_seconds: known(COLUMN.tpotSeconds),
    gaps_seconds: gapSeconds === null ? null : Array.from(gapSeconds),
    prompt_tokens: known(COLUMN.promptTokens),
    output_tokens: known(COLUMN.outputTokens),
    cached_tokens: known(COLUMN.cachedTokens),
    cached_tokens_source: cachedTokensSource,
    device_cached_tokens: known(COLUMN.deviceCachedTokens),
    host_cached_tokens: known(COLUMN.hostCachedTokens),
    storage_cached_tokens: known(COLUMN.storageCachedTokens),
    recomputed_tokens: known(COLUMN.recomputedTokens),
    recomputed_ratio: known(COLUMN.recomputedRatio),
    server_queue_seconds: known(COLUMN.queueSeconds),
    server_prefill_seconds: known(COLUMN.prefillSeconds),
    load_seconds: known(COLUMN.loadSeconds),
    finish_reason: finishReason,
    text,
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
