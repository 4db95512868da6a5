import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { MockLoad } from "./mock-options.js";

const RESOLUTION_MS = 10;

/** Watches this process; the function it returns says how busy it has been since it was last called. */
export function watchOwnLoad(countRequests: () => number): () => Promise<MockLoad> {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  let since = mark(countRequests());
  return async () => {
    // One sample of the delay is the least that can be told.
    while (delays.count === 0) await sleep(RESOLUTION_MS);
    const until = mark(countRequests());
    const seconds = (until.atMs - since.atMs) / 1000;
    const load = {
      requests: until.requests - since.requests,
      seconds,
      cpu: (until.cpuSeconds - since.cpuSeconds) / seconds,
      // Node counts from one look at the loop to the next, which is the resolution when nothing holds it up.
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
