import { random } from "../stats/random.js";
import type { Arrivals } from "./load-plan.js";

/**
 * When each request of a load that does not wait for answers is meant to start, in nanoseconds after the load's start: at
 * equal intervals from 0 on, as a Poisson process with exponential intervals, or as given.
 *
 * @example schedule({ kind: "open", ratePerSecond: 1000, spacing: "constant", seed: 1 }, 3) // [0, 1e6, 2e6]
 */
export function schedule(
  arrivals: Exclude<Arrivals, { readonly kind: "closed" }>,
  requests: number,
): Float64Array<ArrayBuffer> {
  if (arrivals.kind === "schedule") return Float64Array.from(arrivals.startsAtSeconds, (at) => at * 1e9);
  const { ratePerSecond, spacing, seed } = arrivals;
  const gap = 1e9 / ratePerSecond;
  if (spacing === "constant") return Float64Array.from({ length: requests }, (_, i) => i * gap);
  const draw = random(seed).fork("arrivals");
  let at = 0;
  // 1 − u is in (0, 1], where the logarithm is finite.
  return Float64Array.from({ length: requests }, () => {
    at -= gap * Math.log(1 - draw());
    return at;
  });
}

/** The maximum number of a schedule's requests that start within a number of seconds. */
export function busiestStarts(starts: Float64Array, seconds: number): number {
  let [most, from] = [0, 0];
  for (const [place, at] of starts.entries()) {
    while (starts[from]! < at - seconds * 1e9) from += 1;
    most = Math.max(most, place - from + 1);
  }
  return most;
}
