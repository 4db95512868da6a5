import type { ClientLimit } from "./words.js";

/** What is known of a client's load; null where it is not. */
export interface ClientPace {
  /** The share of the time in which its busiest thread was not waiting, from 0 to 1. */
  readonly cpu: number | null;
  /** Event-loop delay, 99th percentile. */
  readonly delaySeconds: number | null;
  /** How late requests that an open loop had due were started, 99th percentile; null in a closed loop. */
  readonly scheduleDelaySeconds: number | null;
  /** Of the load's good requests; null where none was good. */
  readonly medianLatencySeconds: number | null;
}

/** From this share of the time on, a thread had no time left to be waiting for the server. */
const BUSY = 0.9;
/** A client that is late by less disturbs nobody. */
const LATE_SECONDS = 0.005;
/** And by more only where it is a part of this size of the latency it measures. */
const LATE_SHARE = 0.1;

/**
 * Judges a load's client: the one rule, by which the load is recorded and by which older logs are read.
 *
 * It was the limit when its busiest thread was busy for nine tenths of the time or more; or when its event loop, or the start
 * of requests that an open loop had due, was late by more than 5 ms and more than a tenth of the median latency, in one of a
 * hundred cases.
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
