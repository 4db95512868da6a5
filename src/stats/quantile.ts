import { OptionError } from "../domain/errors/errors.js";

/**
 * The quantile of type 7 (the default of NumPy and R): linear between the order statistics at (n − 1)·p.
 *
 * Hyndman and Fan, "Sample quantiles in statistical packages" (1996), https://en.wikipedia.org/wiki/Quantile.
 *
 * @param values at least one finite number, in any order; the array is not changed.
 * @param p the share below, from 0 to 1.
 * @throws OptionError for no values, a value that is not finite, or `p` outside [0, 1].
 * @example stats.quantile([1, 2, 3, 4], 0.75) // 3.25
 */
export function quantile(values: ArrayLike<number>, p: number): number {
  if (!(p >= 0 && p <= 1)) throw new OptionError("p", "must be from 0 to 1", p);
  return quantileOfSorted(sorted(values), p);
}

/**
 * The median: the middle value, or the mean of the two middle ones.
 *
 * @throws OptionError, as `quantile` does.
 * @example median([3, 1, 2, 10]) // 2.5
 */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/**
 * The values in ascending order, checked: a missing or broken number must be seen before it moves a statistic.
 *
 * @throws OptionError for no values or a value that is not finite.
 */
export function sorted(values: ArrayLike<number>): Float64Array {
  if (values.length === 0) throw new OptionError("values", "must hold at least one number", "none");
  const ascending = new Float64Array(values).sort();
  // NaN is sorted to the end, so checking both ends finds every broken value.
  if (Number.isFinite(ascending[0]) && Number.isFinite(ascending.at(-1))) return ascending;
  const broken = Array.from(values).findIndex((value) => !Number.isFinite(value));
  throw new OptionError(`values[${broken}]`, "must be a finite number", values[broken]);
}

/** `quantile` for values that are already checked and in ascending order. */
export function quantileOfSorted(ascending: Float64Array, p: number): number {
  const place = (ascending.length - 1) * p;
  const below = Math.floor(place);
  const low = ascending[below]!;
  const high = ascending[Math.min(below + 1, ascending.length - 1)]!;
  return low + (high - low) * (place - below);
}

/** How many values a quantile needs to be told: as many as leave one beyond it. */
export const fewestFor = (p: number): number => (p > 0.5 ? Math.round(1 / (1 - p)) : 1);
