import { random } from "../stats/random.js";
import type { Arrivals } from "./load-plan.js";

/**
 * When each request of an open loop is meant to start, in nanoseconds after the load's start: at equal distances from 0
 * on, or as a Poisson process, whose gaps are exponential.
 *
 * @example schedule({ kind: "open", ratePerSecond: 1000, spacing: "constant", seed: 1 }, 3) // [0, 1e6, 2e6]
 */
export function schedule(
  { ratePerSecond, spacing, seed }: Arrivals & { readonly kind: "open" },
  requests: number,
): Float64Array<ArrayBuffer> {
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
