import type { Random } from "./random.js";

/**
 * A source of medians of bootstrap resamples, drawn without resampling.
 *
 * A resample of n values with replacement is n uniform numbers u, each taking the value at index ⌊n·u⌋. Its k-th smallest
 * value is therefore the one at ⌊n·U⌋ with U the k-th smallest of n uniform numbers, which is Beta(k, n − k + 1); the next
 * one, given U, is U + (1 − U)(1 − V^(1/(n − k))) with V uniform. So one or two draws give exactly the distribution that n
 * draws and a sort give. (David and Nagaraja, "Order Statistics", 2003, §2.3 and §2.5;
 * https://en.wikipedia.org/wiki/Order_statistic.)
 *
 * @param ascending at least 3 values in ascending order.
 */
export function resampledMedian(ascending: Float64Array, random: Random): () => number {
  const n = ascending.length;
  const lower = Math.floor((n + 1) / 2);
  const draw = betaSource(lower, n - lower + 1, random);
  const at = (u: number): number => ascending[Math.min(Math.floor(n * u), n - 1)]!;
  if (n % 2 === 1) return () => at(draw());
  const gap = 1 / (n - lower);
  return () => {
    const u = draw();
    // exp and log together are five times as fast as a power.
    const next = 1 - (1 - u) * Math.exp(Math.log(1 - random()) * gap);
    return (at(u) + at(next)) / 2;
  };
}

const LOG_4 = Math.log(4);
const ONE_PLUS_LOG_5 = 1 + Math.log(5);

/**
 * A source of Beta(a, b) numbers for a and b above 1.
 *
 * Algorithm BB of R. C. H. Cheng, "Generating beta variates with nonintegral shape parameters", Communications of
 * the ACM 21 (1978), 317–322; R's `rbeta` is the same.
 */
export function betaSource(a: number, b: number, random: Random): () => number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  const sum = small + large;
  const beta = Math.sqrt((sum - 2) / (2 * small * large - sum));
  const gamma = small + 1 / beta;
  return () => {
    for (;;) {
      // 1 − u is in (0, 1]; 1 itself would divide by 0 below, and occurs once in 2^53 draws.
      const u1 = Math.min(1 - random(), 1 - Number.EPSILON);
      const v = beta * Math.log(u1 / (1 - u1));
      const w = small * Math.exp(v);
      const z = u1 * u1 * (1 - random());
      const r = gamma * v - LOG_4;
      const s = small + r - w;
      if (
        s + ONE_PLUS_LOG_5 >= 5 * z ||
        s >= Math.log(z) ||
        r + sum * Math.log(sum / (large + w)) >= Math.log(z)
      ) {
        return a === small ? w / (large + w) : large / (large + w);
      }
    }
  };
}
