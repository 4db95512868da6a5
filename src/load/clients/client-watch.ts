import { monitorEventLoopDelay, performance } from "node:perf_hooks";

/** How busy one thread was. */
export interface WatchReport {
  /** The share of time during which its event loop was not idle, from 0 to 1. */
  readonly busy: number;
  /** Event-loop delay, 99th percentile. */
  readonly delaySeconds: number;
}

/** Short enough for a load of a tenth of a second, long enough to cost nothing. */
const SAMPLED_EVERY_MS = 5;

/**
 * Watches the thread it is called on.
 *
 * Busy is what the event loop says (`performance.eventLoopUtilization`), not the CPU clock: `process.cpuUsage` adds up all
 * threads of the process, including a notebook's. If the machine gives the thread less than a core, the loop is busy for
 * longer than it computes, which is what matters for its punctuality.
 */
export function watchClient(): { end(): WatchReport } {
  const delay = monitorEventLoopDelay({ resolution: SAMPLED_EVERY_MS });
  delay.enable();
  const before = performance.eventLoopUtilization();
  return {
    end: () => {
      const { utilization } = performance.eventLoopUtilization(before);
      delay.disable();
      // The histogram holds the whole time from sample to sample.
      const late = delay.count === 0 ? 0 : delay.percentile(99) / 1e9 - SAMPLED_EVERY_MS / 1000;
      return { busy: utilization, delaySeconds: Math.max(0, late) };
    },
  };
}
