import type { Estimate } from "../stats/interval.js";
import { fewestFor, quantile } from "../stats/quantile.js";
import { formatInterval, formatMs, formatNumber, formatSpread } from "./format.js";
import { type Cell, missing } from "./table-parts.js";

/** An estimate with its interval, or alone with the reason; `reason` replaces the estimate's own. */
export function estimateCell(estimate: Estimate, reason?: string): Cell {
  if ("low" in estimate) return { text: formatInterval(estimate) };
  if (estimate.estimate === null) return missing(reason || estimate.reason);
  return { text: formatNumber(estimate.estimate), note: estimate.reason };
}

/** The bounds of an interval; null where there is none. */
export interface Bounds {
  readonly low: number | null;
  readonly high: number | null;
}

/** The bounds of an estimate for a table's data. */
export function boundsOf(estimate: Estimate | null): Bounds {
  return estimate !== null && "low" in estimate ? estimate : { low: null, high: null };
}

/**
 * A quantile of times (type 7) for a table's data; null if there are too few: with fewer than 1/(1 − p) values, quantile p is
 * little more than the largest of them.
 *
 * @example secondsAt([…99 times], 0.99) // null
 */
export function secondsAt(seconds: readonly number[], p: number): number | null {
  return seconds.length < fewestFor(p) ? null : quantile(seconds, p);
}

/** Such a quantile of good requests in milliseconds, or why it is missing. */
export function quantileCell(seconds: readonly number[], p: number): Cell {
  const value = secondsAt(seconds, p);
  if (value !== null) return { text: formatMs(value) };
  return missing(
    seconds.length === 0
      ? "no good request was measured"
      : `a p${Number((p * 100).toPrecision(6))} needs ${fewestFor(p)} good requests`,
  );
}

/** Seconds with their interval, in milliseconds, or alone with the reason why there is none. */
export function secondsCell(estimate: Estimate): Cell {
  if (estimate.estimate === null) return missing("reason" in estimate ? estimate.reason : "not known");
  if (!("low" in estimate)) return { text: formatMs(estimate.estimate), note: estimate.reason };
  const { estimate: middle, low, high } = estimate;
  return { text: formatInterval({ estimate: middle * 1000, low: low * 1000, high: high * 1000 }) };
}

/** A mean with its standard deviation, which one value alone does not have. */
export function spreadCell({ mean, sd }: { readonly mean: number; readonly sd: number | null }): Cell {
  return sd === null
    ? { text: formatMs(mean), note: "one value has no standard deviation" }
    : { text: formatSpread(mean, sd) };
}
