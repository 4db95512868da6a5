import type { Estimate } from "../stats/interval.js";
import { formatInterval, formatNumber } from "./format.js";
import { type Cell, missing } from "./table-parts.js";

/** An estimate with its interval, or alone with the reason; `reason` says more than the estimate's own can. */
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
