import { plainText } from "../../domain/plain-text.js";
import type { Table } from "../../tables/table.js";
import { type Console, type Sink, type TableFormat, widthOf } from "./console.js";

/** A table in every form that a command prints; its rows as JSON are {@link rowsJson}. */
const FORMS = {
  text: (table: Shown, out: Sink) => table.textIn(widthOf(out)),
  markdown: ({ markdown }: Shown) => markdown,
  latex: ({ latex }: Shown) => latex,
  csv: ({ csv }: Shown) => csv.trimEnd(),
} as const;

type Shown = Pick<Table, "textIn" | "markdown" | "latex" | "csv">;

/** Prints a table in a form; nothing as JSON, which has what the gates say too. */
export function printTable({ out }: Pick<Console, "out">, table: Shown, format: TableFormat): void {
  if (format !== "json") out.write(plainText(`${FORMS[format](table, out)}\n`));
}
