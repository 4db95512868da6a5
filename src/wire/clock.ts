/**
 * Nanoseconds on the monotonic clock (CLOCK_MONOTONIC on Linux, comparable between processes of one machine).
 */
export const now = (): bigint => process.hrtime.bigint();

/** Seconds from one stamp to a later one, or `null` when either was never taken. */
export function secondsBetween(from: bigint | null, to: bigint | null): number | null {
  return from === null || to === null ? null : Number(to - from) / 1e9;
}

/** The wall-clock time of a stamp taken a while ago, as an ISO 8601 string. */
export function wallTime(stamp: bigint): string {
  return new Date(Date.now() - Number(now() - stamp) / 1e6).toISOString();
}
