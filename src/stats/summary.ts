import { quantileOfSorted, sorted } from "./quantile.js";

/** Summary statistics of a group of numbers. */
export interface Summary {
  readonly n: number;
  readonly mean: number;
  /** The sample standard deviation (divided by n − 1); null for one value. */
  readonly sd: number | null;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** The 95th percentile, type 7; with fewer than 20 values it says little more than the maximum. */
  readonly p95: number;
}

/**
 * Count, mean, standard deviation, median, range and 95th percentile of a group.
 *
 * @param values at least one finite number.
 * @throws OptionError for no values or a value that is not finite.
 * @example stats.summary([2, 4, 4, 4, 5, 5, 7, 9]).mean // 5
 */
export function summary(values: ArrayLike<number>): Summary {
  const ascending = sorted(values);
  const n = ascending.length;
  const mean = meanOf(ascending);
  return {
    n,
    mean,
    sd: n < 2 ? null : Math.sqrt(squaresAround(ascending, mean) / (n - 1)),
    median: quantileOfSorted(ascending, 0.5),
    min: ascending[0]!,
    max: ascending[n - 1]!,
    p95: quantileOfSorted(ascending, 0.95),
  };
}

/** The mean of at least one number. */
export function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function squaresAround(values: Float64Array, center: number): number {
  let sum = 0;
  for (const value of values) sum += (value - center) ** 2;
  return sum;
}
