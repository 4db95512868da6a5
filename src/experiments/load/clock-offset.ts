import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "../../client/server.js";

/** A server's clock read once: between two moments of this machine's, the server's `Date` was in one second. */
export interface ClockReading {
  /** Milliseconds since 1970 on this machine's clock. */
  readonly sentMs: number;
  readonly receivedMs: number;
  /** The second that the server's `Date` named, in milliseconds since 1970. */
  readonly dateMs: number;
}

/** How far the server's clock is ahead of this machine's, in seconds, and by how much that may be wrong. */
export interface ClockOffset {
  readonly seconds: number;
  readonly within: number;
}

/**
 * The offset of a server's clock by its `Date` headers, which name whole seconds: each reading bounds it to a second and the time
 * of the request, and several at different fractions of a second together much closer.
 *
 * @returns null without a reading, or where readings contradict each other, as of several servers behind one address.
 * @example clockOffset([{ sentMs: 10_900, receivedMs: 10_900, dateMs: 11_000 }]) // { seconds: 0.6, within: 0.5 }
 */
export function clockOffset(readings: readonly ClockReading[]): ClockOffset | null {
  if (readings.length === 0) return null;
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const { sentMs, receivedMs, dateMs } of readings) {
    low = Math.max(low, dateMs - receivedMs);
    high = Math.min(high, dateMs + 1_000 - sentMs);
  }
  if (low > high) return null;
  return { seconds: (low + high) / 2_000, within: (high - low) / 2_000 };
}

/** Readings of a clock whose seconds are told, at several fractions of a second. */
const READINGS = { count: 8, apartMs: 137 };

/** Reads a server's clock several times, in about a second; null if it does not tell its time. */
export async function readOffset(
  server: Pick<Server, "clock">,
  signal: AbortSignal | undefined,
): Promise<ClockOffset | null> {
  const readings: ClockReading[] = [];
  while (readings.length < READINGS.count) {
    const one = await server.clock();
    if (one === null) return null;
    readings.push(one);
    await sleep(READINGS.apartMs, undefined, signal && { signal });
  }
  return clockOffset(readings);
}
