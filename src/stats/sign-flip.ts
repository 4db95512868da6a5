import type { Random } from "./random.js";

/**
 * The two-sided p-value of a mean difference under the hypothesis that each pair could as well have been the other
 * way round: the share of random sign patterns that give a mean at least as far from 0,
 * p = (1 + #{|T*| ≥ |T|}) / (R + 1), which is never 0.
 *
 * Fisher, "The Design of Experiments" (1935), §21; Phipson and Smyth, "Permutation p-values should never be zero"
 * (2010), https://arxiv.org/abs/1603.05766.
 */
export function signFlipP(differences: Float64Array, flips: number, random: Random): number {
  const total = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  // Signs are drawn, so only absolute values count; they are sorted, because p must not depend on the order of the pairs.
  const sizes = differences.map(Math.abs).sort();
  const size = sizes.reduce((sum, value) => sum + value, 0);
  // Sums of the same numbers with different signs differ in their last digits; equal ones must count as equal.
  const reached = total - 1e-12 * size;
  let extreme = 0;
  for (let flip = 0; flip < flips; flip++) {
    let sum = 0;
    let bits = 0;
    for (let i = 0; i < sizes.length; i++) {
      if (i % 32 === 0) bits = random.int(2 ** 32);
      sum += bits & 1 ? sizes[i]! : -sizes[i]!;
      bits >>>= 1;
    }
    if (Math.abs(sum) >= reached) extreme++;
  }
  return (1 + extreme) / (flips + 1);
}
