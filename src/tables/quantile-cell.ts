import { quantile } from "../stats/quantile.js";
import { formatSeconds, type TimeUnit } from "./format.js";
import { type Cell, missing } from "./table-parts.js";

/**
 * A quantile of times (type 7) for a table's data; null where there are too few: of fewer than 1/(1 − p) values the
 * quantile p is little more than the largest of them.
 *
 * @example secondsAt([…99 times], 0.99) // null
 */
export function secondsAt(seconds: readonly number[], p: number): number | null {
  return seconds.length < fewestFor(p) ? null : quantile(seconds, p);
}

/** The same of direct and proxied requests in one cell: `2.01 → 6.15`. */
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
    fewest === 0 ? "no good request was measured" : `a p${p * 100} needs ${fewestFor(p)} good requests`;
  return sides.every((side) => side === "—") ? missing(reason) : { text: sides.join(" → "), note: reason };
}

const fewestFor = (p: number): number => (p > 0.5 ? Math.round(1 / (1 - p)) : 1);
