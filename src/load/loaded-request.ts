import type { LoadedRequest } from "../domain/loaded-request.js";
import type { Taken } from "./samples.js";

/** One request as a record; `originWallMs` is the wall-clock time of the load's origin. */
export function loadedRequest({ sample, failure }: Taken, originWallMs: number): LoadedRequest {
  const { due, sent } = sample;
  const connected = !Number.isNaN(sample.connect);
  // Every field in one literal: spreading an ending into it takes ten times as long, and there may be a million.
  return {
    outcome: failure?.outcome ?? "ok",
    error: failure?.error ?? null,
    failure: failure?.failure ?? null,
    status: known(sample.status),
    latency_seconds: seconds(sample.lastByte - sent),
    ttft_seconds: seconds(sample.firstContent - sent),
    first_byte_seconds: seconds(sample.firstByte - sent),
    connect_seconds: seconds(sample.connect),
    wait_seconds: connected ? seconds(sent - due) : null,
    chunks: known(sample.chunks),
    first_lag_seconds: seconds(sample.firstLag),
    last_lag_seconds: seconds(sample.lastLag),
    sent_span_seconds: seconds(sample.sentSpan),
    received_span_seconds: seconds(sample.receivedSpan),
    held_chunks: known(sample.held),
    overhead_header_seconds: known(sample.overheadSeconds),
    started_at: new Date(originWallMs + sent / 1e6).toISOString(),
  } as LoadedRequest;
}

const known = (value: number): number | null => (Number.isNaN(value) ? null : value);
const seconds = (nanoseconds: number): number | null => known(nanoseconds / 1e9);
