import { plainText } from "../../domain/plain-text.js";
import type { Table } from "../../tables/table.js";
import { type Console, isData, type Sink, type TableFormat, widthOf } from "./console.js";

/** A table in every form that a command prints; its rows as JSON are {@link rowsJson}. */
const FORMS = {
  text: (table: Shown, out: Sink) => table.textIn(widthOf(out)),
  markdown: ({ markdown }: Shown) => markdown,
  latex: ({ latex }: Shown) => latex,
  csv: ({ csv }: Shown) => csv.trimEnd(),
} as const;

type Shown = Pick<Table, "textIn" | "markdown" | "latex" | "csv" | "alarms" | "verdict" | "footnotes">;

/**
 * Prints a table in a form; nothing as JSON, which has what the gates say too. The sentences that qualify its numbers would not be
 * data, so for CSV and JSON they go to the other stream.
 */
export function printTable({ out, err }: Console, table: Shown, format: TableFormat): void {
  if (format !== "json") out.write(plainText(`${FORMS[format](table, out)}\n`));
  if (!isData(format)) return;
  for (const sentence of [...table.alarms, ...table.verdict, ...table.footnotes])
    err.write(`${plainText(sentence)}\n`);
}
