import { largest } from "../domain/extremes.js";
import { median } from "../stats/quantile.js";
import { Histogram } from "./histogram.js";
import type { Arrivals, ClientLoad } from "./load-plan.js";
import { COLUMN, type Taken } from "./samples.js";
import type { ShareResult } from "./share.js";

/** From this share of the time on, a thread had no time left to be waiting for the server. */
const BUSY = 0.9;
/** A client that is late by less disturbs nobody. */
const LATE_SECONDS = 0.005;
/** And by more only where it is a part of this size of the latency it measures. */
const LATE_SHARE = 0.1;

/**
 * Sums up how busy the client was.
 *
 * It was the bottleneck when its busiest thread was busy for nine tenths of the time or more; or when its event loop, or
 * the start of requests that an open loop had due, was late by more than 5 ms and more than a tenth of the median latency,
 * in one of a hundred cases.
 */
export function clientLoad(
  threads: readonly ShareResult[],
  taken: readonly Taken[],
  arrivals: Arrivals["kind"],
): ClientLoad {
  const cpu = largest(threads.map(({ watch }) => watch.busy));
  const delaySeconds = largest(threads.map(({ watch }) => watch.delaySeconds));
  const lateness = new Histogram();
  for (const thread of threads) lateness.merge(Histogram.from(thread.lateness));
  const scheduleDelaySeconds = (lateness.quantile(0.99) ?? 0) / 1e9;
  const latencies = taken
    .filter(({ failure }) => failure === null)
    .map(({ row }) => (row[COLUMN.lastByte]! - row[COLUMN.sent]!) / 1e9);
  const harmless = Math.max(LATE_SECONDS, latencies.length === 0 ? 0 : LATE_SHARE * median(latencies));
  return { cpu, delaySeconds, scheduleDelaySeconds, bottleneck: bottleneck() };

  function bottleneck(): string | null {
    if (cpu >= BUSY) {
      return `The client's busiest thread was busy ${Math.round(100 * cpu)} % of the time, so the client may have set the pace: use more threads, or a machine with more free cores.`;
    }
    const [seconds, what] =
      arrivals === "open" && scheduleDelaySeconds > delaySeconds
        ? [scheduleDelaySeconds, "requests were started"]
        : [delaySeconds, "the client looked at its sockets"];
    if (seconds <= harmless) return null;
    return `One time in a hundred ${what} ${(1000 * seconds).toFixed(1)} ms late or later, which is part of what was measured: keep the machine free of other work.`;
  }
}
