import type { Column, ColumnKind, Columns } from "../../src/domain/records/column.js";

const KINDS: Readonly<Record<ColumnKind, string>> = {
  count: "integer from 1",
  measure: "number from 0",
  told: "number from 0",
  signed: "number",
  score: "number, 0 to 1",
  text: "text",
  texts: "list of texts",
  numbers: "list of numbers",
  flag: "true or false",
  word: "word",
};

const kindOf = ({ kind, needs, otherwise }: Column<unknown>): string =>
  needs === "value" || otherwise !== undefined ? `**${KINDS[kind]}**` : KINDS[kind];

const olderOf = ({ formerly }: Column<unknown>): string =>
  formerly === undefined ? "" : `; \`${formerly}\` in older logs`;

/** The columns of a kind of record as the Markdown table of results/README.md; bold kinds are never null. */
export const columnTable = (columns: Columns): string =>
  [
    "| key | kind | unit | meaning |",
    "|---|---|---|---|",
    ...Object.entries(columns).map(
      ([key, column]) =>
        `| \`${key}\` | ${kindOf(column)} | ${column.unit ?? ""} | ${column.meaning}${olderOf(column)} |`,
    ),
  ].join("\n");
