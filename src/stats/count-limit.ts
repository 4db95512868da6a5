import { normalBelow } from "./student-t.js";

/** Counts above this are treated as normal: the critical value then changes by less than 0.01 per count. */
const LARGEST_COUNT = 60;

/**
 * How unlikely a hypothesis about a sum must make the data before it is rejected, at a tail of `tail`: a log likelihood
 * ratio, as a function of how far the sum is from normal, measured by its Lyapunov ratio Σ E|x − μ|³ / (Σ E(x − μ)²)^1.5.
 *
 * At a ratio of 0 it is that of a normal sum, z²/2. A Poisson count of mean u has the ratio 1/√u; there it is the value that
 * the exact upper limit u of a count k requires, u − k − k·log(u/k), which for a count of 0 is log(1/tail), and never more.
 * Between counts it is interpolated.
 *
 * Garwood, "Fiducial limits for the Poisson distribution" (1936), for the limits.
 *
 * @param tail above 0 and below 1/2.
 * @example criticalRatio(0.05)(1) // 2.9957, log 20
 */
export function criticalRatio(tail: number): (lyapunov: number) => number {
  const limits = Array.from({ length: LARGEST_COUNT + 1 }, (_, count) => {
    const limit = falling(0, (mean) => poissonAtMost(count, mean), tail);
    return {
      lyapunov: 1 / Math.sqrt(limit),
      ratio: limit - count - (count === 0 ? 0 : count * Math.log(limit / count)),
    };
  });
  const z = falling(0, (at) => normalBelow(-at), tail);
  limits.push({ lyapunov: 0, ratio: z ** 2 / 2 });
  return (lyapunov) => {
    const next = limits.findIndex((limit) => limit.lyapunov <= lyapunov);
    const [below, above] = [limits[next]!, limits[next - 1]];
    if (above === undefined) return below.ratio;
    const share = (lyapunov - below.lyapunov) / (above.lyapunov - below.lyapunov);
    return below.ratio + share * (above.ratio - below.ratio);
  };
}

/** The probability that a Poisson number with this mean is at most `count`. */
function poissonAtMost(count: number, mean: number): number {
  let term = Math.exp(-mean);
  let sum = term;
  for (let k = 1; k <= count; k++) {
    term *= mean / k;
    sum += term;
  }
  return sum;
}

/** Where a decreasing function reaches a value. */
function falling(from: number, f: (x: number) => number, value: number): number {
  let [low, high] = [from, from + 1];
  while (f(high) > value) [low, high] = [high, 2 * high];
  for (let halving = 0; halving < 50; halving++) {
    const middle = (low + high) / 2;
    if (f(middle) > value) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
