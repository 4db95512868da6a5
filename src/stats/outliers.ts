import { quantileOfSorted, sorted } from "./quantile.js";
import { meanOf } from "./summary.js";

/**
 * Marks the values that lie far from the rest, for a note beside the result; no value is ever excluded for it.
 *
 * The modified z-score 0.6745 · (x − median) / MAD, marked above 3.5 in absolute value; if more than half of the values are
 * the same (MAD 0), the mean absolute deviation times 1.2533 is used instead. Iglewicz and Hoaglin, "How to Detect and Handle
 * Outliers" (1993); https://www.itl.nist.gov/div898/handbook/eda/section3/eda35h.htm.
 *
 * @param values at least one finite number.
 * @returns one mark per value, in their order; fewer than 3 values have no outlier.
 * @throws OptionError for no values or a value that is not finite.
 * @example stats.markOutliers([0.41, 0.42, 0.4, 0.43, 134]) // [false, false, false, false, true]
 */
export function markOutliers(values: ArrayLike<number>): boolean[] {
  const ascending = sorted(values);
  const middle = quantileOfSorted(ascending, 0.5);
  const distances = ascending.map((value) => Math.abs(value - middle)).sort();
  const mad = quantileOfSorted(distances, 0.5);
  const unit = mad > 0 ? mad / 0.6745 : 1.2533 * meanOf(distances);
  return Array.from(values, (value) => ascending.length >= 3 && Math.abs(value - middle) > 3.5 * unit);
}
