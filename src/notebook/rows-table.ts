import { shorten } from "../report/display-width.js";
import { formatCounted } from "../report/format.js";
import { Table } from "../report/table.js";
import type { Value } from "../report/table-parts.js";

/** How many rows are shown. */
const SHOWN = 20;
/** The longest text shown whole. */
const LONGEST = 60;

/** Rows as a table to look at: the first twenty, numbers to six digits, long texts cut, every key a column. */
export function rowsTable(rows: readonly object[]): Table {
  const found = rows as readonly Readonly<Record<string, unknown>>[];
  const keys = [...new Set(found.flatMap((row) => Object.keys(row)))];
  const isText = (key: string) => found.some((row) => /string|object/.test(typeof (row[key] ?? 0)));
  const count = `${formatCounted(found.length, "row")}, ${formatCounted(keys.length, "column")}.`;
  return new Table({
    columns: keys.map((header) => ({ header, align: isText(header) ? "left" : "right" })),
    lines: found.slice(0, SHOWN).map((row) => ({
      cells: keys.map((key) => ({ text: shortText(row[key]) })),
      data: Object.fromEntries(keys.map((key) => [key, plainValue(row[key])])),
    })),
    notes: [found.length > SHOWN ? `The first ${SHOWN} of ${count}` : count],
  });
}

function shortText(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "number" && !Number.isInteger(value)) return String(Number(value.toPrecision(6)));
  return shorten(String(plainValue(value)), LONGEST);
}

function plainValue(value: unknown): Value {
  if (value === undefined || value === null) return null;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "string") return value;
  return JSON.stringify(value) ?? String(value);
}
