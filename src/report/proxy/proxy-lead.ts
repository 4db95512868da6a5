import { formatCount } from "../../tables/format.js";
import type { Cell, Column } from "../../tables/table-parts.js";
import type { ProxyComparison } from "./measures/proxy-comparison.js";
import { loadName } from "./measures/proxy-load.js";
import { failuresNote } from "./proxy-notes.js";

/** The columns every table of proxies begins with. */
export const LEAD_COLUMNS: readonly Column[] = [
  { header: "proxy", align: "left", isKey: true, widest: 20 },
  { header: "load", align: "left", isKey: true },
  { header: "n", align: "right" },
  { header: "failed", align: "right" },
];

/** Their cells: which proxy under which load, and how many requests were good and failed, direct and proxied. */
export function leadCells(comparison: ProxyComparison): Cell[] {
  const { label, load, direct, proxied } = comparison;
  const failures = failuresNote(comparison);
  return [
    { text: label },
    { text: loadName(load) },
    { text: `${formatCount(direct.ok.length)} → ${formatCount(proxied.ok.length)}` },
    {
      text: `${formatCount(direct.failed)} → ${formatCount(proxied.failed)}`,
      ...(failures !== null && { note: failures }),
    },
  ];
}
