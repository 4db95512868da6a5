import { formatSeconds, formatSpread, type TimeUnit } from "./format.js";
import type { Cell } from "./table-parts.js";

/** A mean with its standard deviation, which one value alone does not have. */
export function spreadCell(
  { mean, sd }: { readonly mean: number; readonly sd: number | null },
  unit: TimeUnit,
): Cell {
  return sd === null
    ? { text: formatSeconds(mean, unit), note: "one value has no standard deviation" }
    : { text: formatSpread(mean, sd, unit) };
}
