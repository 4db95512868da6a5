import { own } from "../domain/json.js";
import { shorten } from "../tables/display-width.js";
import { formatCounted, formatMs } from "../tables/format.js";
import { Table } from "../tables/table.js";
import type { Value } from "../tables/table-parts.js";
import { checkedColumns, checkedLimit, firstOf, type TableSelection } from "../tables/table-selection.js";

/** The number of rows shown without a limit. */
const SHOWN = 20;
/** The longest text shown whole. */
const LONGEST = 60;

/**
 * Rows as a table to look at: the first twenty, times in ms to three digits, other numbers to six, long texts cut. Every key
 * is a column, unless columns are chosen.
 */
export function rowsTable(rows: readonly object[], selection: TableSelection = {}): Table {
  const found = rows as readonly Readonly<Record<string, unknown>>[];
  const all = [...new Set(found.flatMap((row) => Object.keys(row)))];
  const keys = checkedColumns(selection, all);
  const isText = (key: string) => found.some((row) => /string|object/.test(typeof (own(row, key) ?? 0)));
  const count = `${formatCounted(found.length, "row")}, ${formatCounted(all.length, "column")}`;
  const lines = found.slice(0, checkedLimit(selection, SHOWN)).map((row) => ({
    cells: keys.map((key) => ({ text: shortText(key, own(row, key)) })),
    data: Object.fromEntries(keys.map((key) => [key, plainValue(own(row, key))])),
  }));
  const first = firstOf(lines.length, found.length, count);
  return new Table({
    columns: keys.map((header) => ({ header, align: isText(header) ? "left" : "right" })),
    lines,
    notes: first.length > 0 ? first : [`${count}.`],
  });
}

function shortText(key: string, value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "number") {
    if (key.endsWith("_seconds")) return `${formatMs(value)} ms`;
    return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
  }
  return shorten(String(plainValue(value)), LONGEST);
}

function plainValue(value: unknown): Value {
  if (value === undefined || value === null) return null;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "string") return value;
  return JSON.stringify(value) ?? String(value);
}
