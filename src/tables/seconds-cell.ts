import type { Estimate } from "../stats/interval.js";
import { formatInterval, formatSeconds, type TimeUnit } from "./format.js";
import { type Cell, missing } from "./table-parts.js";

/** Seconds with their interval in a table's unit, or alone with the reason why they have none. */
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
