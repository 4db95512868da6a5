import type { ProxyRecord } from "../../domain/records/record-kinds.js";

/** What LiteLLM's benchmark script reports about one load, in milliseconds; null if it has nothing to count. */
export interface OriginalStatistics {
  readonly requests: number;
  readonly failures: number;
  readonly rps: number | null;
  readonly mean_ms: number | null;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
  readonly overhead_header_mean_ms: number | null;
  readonly overhead_header_p50_ms: number | null;
  readonly overhead_header_p95_ms: number | null;
}

/** The statistics of some requests, by the time that `secondsOf` reads; failed requests enter only the counts. */
export function originalStatistics(
  rows: readonly ProxyRecord[],
  secondsOf: (row: ProxyRecord) => number | null,
): OriginalStatistics {
  const ok = rows.filter(({ outcome }) => outcome === "ok");
  const times = milliseconds(ok.map(secondsOf));
  const headers = milliseconds(ok.map(({ overhead_header_seconds }) => overhead_header_seconds));
  const seconds = secondsOfBlocks(rows);
  return {
    requests: rows.length,
    failures: rows.length - ok.length,
    rps: seconds === null ? null : ok.length / seconds,
    mean_ms: mean(times),
    p50_ms: originalPercentile(times, 50),
    p95_ms: originalPercentile(times, 95),
    p99_ms: originalPercentile(times, 99),
    overhead_header_mean_ms: mean(headers),
    overhead_header_p50_ms: originalPercentile(headers, 50),
    overhead_header_p95_ms: originalPercentile(headers, 95),
  };
}

/**
 * The script's percentile: the value at index ⌊n·pct/100⌋ of the sorted ones, from 0; null for none.
 *
 * @example originalPercentile([1, 2, 3, 4], 50) // 3
 */
export function originalPercentile(values: readonly number[], pct: number): number | null {
  const ascending = [...values].sort((a, b) => a - b);
  return ascending[Math.min(Math.floor((ascending.length * pct) / 100), ascending.length - 1)] ?? null;
}

function milliseconds(seconds: readonly (number | null)[]): number[] {
  return seconds.flatMap((value) => (value === null ? [] : value * 1_000));
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Total duration of the blocks; every request of a block has the block's time. */
function secondsOfBlocks(rows: readonly ProxyRecord[]): number | null {
  const blocks = new Map(rows.map(({ block, block_seconds }) => [block, block_seconds]));
  const known = [...blocks.values()].flatMap((seconds) => seconds ?? []);
  return known.length === 0 ? null : known.reduce((sum, seconds) => sum + seconds, 0);
}
