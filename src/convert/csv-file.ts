import { own } from "../domain/json.js";
import { tableCsv } from "../tables/table-csv.js";
import type { Value } from "../tables/table-parts.js";
import { fileColumns } from "./file-columns.js";
import type { RowsOfOneKind } from "./rows-of-one-kind.js";

/**
 * Rows as CSV (RFC 4180): all columns in their order, every digit, nothing for null, and a list or an object as JSON text.
 *
 * @param spreadsheet whether a text that a spreadsheet would compute gets an apostrophe before it.
 */
export function csvFile(read: RowsOfOneKind, spreadsheet: boolean): string {
  const keys = fileColumns(read).map(({ key }) => key);
  const lines = read.rows.map((row) => ({
    cells: [],
    data: Object.fromEntries(keys.map((key) => [key, cellOf(own(row, key))])),
  }));
  return tableCsv({ columns: [], lines, notes: [] }, { raw: !spreadsheet });
}

function cellOf(value: unknown): Value {
  if (value === undefined || value === null) return null;
  return typeof value === "object" ? JSON.stringify(value) : (value as Value);
}
