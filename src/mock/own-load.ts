import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { MockLoad } from "./mock-options.js";

const RESOLUTION_MS = 10;

/** Watches this process; the returned function says how busy it has been since it was last called. */
export function watchOwnLoad(countRequests: () => number): () => Promise<MockLoad> {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  let since = mark(countRequests());
  return async () => {
    // At least one sample of the delay is needed.
    while (delays.count === 0) await sleep(RESOLUTION_MS);
    const until = mark(countRequests());
    const seconds = (until.atMs - since.atMs) / 1000;
    const load = {
      requests: until.requests - since.requests,
      seconds,
      cpu: (until.cpuSeconds - since.cpuSeconds) / seconds,
      // Node measures from one check of the loop to the next, which is the resolution if nothing delays it.
      delaySeconds: Math.max(0, delays.percentile(99) / 1e9 - RESOLUTION_MS / 1e3),
    };
    delays.reset();
    since = until;
    return load;
  };
}

function mark(requests: number) {
  const { user, system } = process.cpuUsage();
  return { requests, atMs: performance.now(), cpuSeconds: (user + system) / 1e6 };
}
