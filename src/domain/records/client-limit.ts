import type { ClientLimit } from "./words.js";

/** What is known about a client's load; null if unknown. */
export interface ClientPace {
  /** The share of time during which its busiest thread was not waiting, from 0 to 1. */
  readonly cpu: number | null;
  /** Event-loop delay, 99th percentile. */
  readonly delaySeconds: number | null;
  /** How late an open loop started its requests, 99th percentile; null in a closed loop. */
  readonly scheduleDelaySeconds: number | null;
  /** Of the load's successful requests; null if there were none. */
  readonly medianLatencySeconds: number | null;
}

/** From this share on, a thread had no time left to wait for the server. */
const BUSY = 0.9;
/** A client that is late by less than this does not matter. */
const LATE_SECONDS = 0.005;
/** A client that is late by more matters only if the delay is this share of the latency it measures. */
const LATE_SHARE = 0.1;

/**
 * Judges a load's client by the one rule, which is used for recording a load and for reading older logs.
 *
 * It was the limit if its busiest thread was busy for nine tenths of the time or more; or if its event loop, or the start of
 * an open loop's requests, was late by more than 5 ms and more than a tenth of the median latency in one of a hundred cases.
 *
 * @example clientLimit({ cpu: 0.95, delaySeconds: 0, scheduleDelaySeconds: null, medianLatencySeconds: 1 }) // "busy"
 */
export function clientLimit(pace: ClientPace): ClientLimit {
  const { cpu, delaySeconds, scheduleDelaySeconds, medianLatencySeconds } = pace;
  if (cpu !== null && cpu >= BUSY) return "busy";
  const harmless = Math.max(LATE_SECONDS, LATE_SHARE * (medianLatencySeconds ?? 0));
  const [looks, starts] = [delaySeconds ?? 0, scheduleDelaySeconds ?? 0];
  if (Math.max(looks, starts) <= harmless) return "none";
  return starts > looks ? "late to start" : "late to sockets";
}
