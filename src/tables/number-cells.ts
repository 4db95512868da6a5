import type { Estimate } from "../stats/interval.js";
import { quantile } from "../stats/quantile.js";
import { formatInterval, formatNumber, formatSeconds, formatSpread, type TimeUnit } from "./format.js";
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

/** The same for direct and proxied requests in one cell: `2.01 → 6.15`. */
export function quantilesCell(
  direct: readonly number[],
  proxied: readonly number[],
  p: number,
  unit: TimeUnit,
): Cell {
  const sides = [direct, proxied].map((seconds) => {
    const value = secondsAt(seconds, p);
    return value === null ? "—" : formatSeconds(value, unit);
  });
  const fewest = Math.min(direct.length, proxied.length);
  if (fewest >= fewestFor(p)) return { text: sides.join(" → ") };
  const reason =
    fewest === 0
      ? "no good request was measured"
      : `a p${Number((p * 100).toPrecision(6))} needs ${fewestFor(p)} good requests`;
  return sides.every((side) => side === "—") ? missing(reason) : { text: sides.join(" → "), note: reason };
}

/** How many values a quantile needs: as many as leave one beyond it. */
export const fewestFor = (p: number): number => (p > 0.5 ? Math.round(1 / (1 - p)) : 1);

/** Seconds with their interval in a table's unit, or alone with the reason why there is none. */
export function secondsCell(estimate: Estimate, unit: TimeUnit): Cell {
  if (estimate.estimate === null) return missing("reason" in estimate ? estimate.reason : "not known");
  if (!("low" in estimate)) return { text: formatSeconds(estimate.estimate, unit), note: estimate.reason };
  const factor = unit === "ms" ? 1000 : 1;
  return {
    text: formatInterval({
      estimate: estimate.estimate * factor,
      low: estimate.low * factor,
      high: estimate.high * factor,
    }),
  };
}

/** A mean with its standard deviation, which one value alone does not have. */
export function spreadCell(
  { mean, sd }: { readonly mean: number; readonly sd: number | null },
  unit: TimeUnit,
): Cell {
  return sd === null
    ? { text: formatSeconds(mean, unit), note: "one value has no standard deviation" }
    : { text: formatSpread(mean, sd, unit) };
}
