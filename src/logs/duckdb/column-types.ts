import type { ColumnKind, Columns } from "../../domain/records/column.js";
import { BLEND_COLUMNS, PROXY_COLUMNS, QUALITY_COLUMNS, TTFT_COLUMNS } from "../../domain/records/columns.js";
import { LOAD_COLUMNS } from "../../domain/records/load-columns.js";
import { ORIGIN_KEYS } from "../../domain/records/log-origin.js";

/**
 * The types of columns in DuckDB's words. Numbers of tokens are doubles as all measures: a server may report a fraction, and 2⁵³ of them
 * are exact.
 */
export const COLUMN_TYPES: Readonly<Record<ColumnKind, string>> = {
  count: "BIGINT",
  measure: "DOUBLE",
  told: "DOUBLE",
  signed: "DOUBLE",
  score: "DOUBLE",
  text: "VARCHAR",
  word: "VARCHAR",
  texts: "VARCHAR[]",
  numbers: "DOUBLE[]",
  flag: "BOOLEAN",
};

/** The columns of any kind of record that have one value, which a folder's name can tell, with their types. */
export const PARTITION_COLUMNS: ReadonlyMap<string, string> = new Map([
  ...ORIGIN_KEYS.map((key) => [key, /_cells$/.test(key) ? "DOUBLE" : "VARCHAR"] as const),
  ...[TTFT_COLUMNS, BLEND_COLUMNS, QUALITY_COLUMNS, LOAD_COLUMNS, PROXY_COLUMNS].flatMap((columns: Columns) =>
    Object.entries(columns).flatMap(([key, { kind }]) =>
      kind === "texts" || kind === "numbers" ? [] : [[key, COLUMN_TYPES[kind]] as const],
    ),
  ),
]);
