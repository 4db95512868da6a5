import { LogError } from "../domain/errors/errors.js";
import { COLUMN_TYPES } from "../logs/duckdb/column-types.js";
import type { FileColumn } from "./file-columns.js";
import type { AnyRow } from "./rows-of-one-kind.js";

/** One column of a Parquet file, and its type in DuckDB's words. */
export interface ParquetColumn {
  readonly key: string;
  readonly type: string;
}

/**
 * The columns of a Parquet file with their types. `started_at` is a time if all its texts are as this package writes them,
 * else a text; a further key has the type of its values, or holds JSON if they differ.
 *
 * @throws LogError for keys that differ in nothing but case, which DuckDB does not distinguish.
 */
export function parquetColumns(
  out: string,
  columns: readonly FileColumn[],
  rows: readonly AnyRow[],
): ParquetColumn[] {
  const seen = new Map<string, string>();
  for (const { key } of columns) {
    const other = seen.get(key.toLowerCase());
    if (other !== undefined) {
      throw new LogError(
        `${out} can't have both ${other} and ${key}: DuckDB, which writes Parquet, does not distinguish upper from lower case.`,
        { path: out },
      );
    }
    seen.set(key.toLowerCase(), key);
  }
  return columns.map(({ key, kind }) => ({ key, type: typeOf(key, kind, rows) }));
}

function typeOf(key: string, kind: FileColumn["kind"], rows: readonly AnyRow[]): string {
  if (kind === "other") return typeOfValues(key, rows);
  if (key === "started_at" && rows.every((row) => isOwnTime(row[key]))) return "TIMESTAMPTZ";
  return COLUMN_TYPES[kind];
}

/** Whether a time is null or stands as `Date.toISOString` writes it, so that nothing of it is lost. */
function isOwnTime(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) && isDate(value);
}

const isDate = (text: string): boolean => {
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString() === text;
};

const SCALARS: Readonly<Record<string, string>> = { number: "DOUBLE", string: "VARCHAR", boolean: "BOOLEAN" };

function typeOfValues(key: string, rows: readonly AnyRow[]): string {
  const found = new Set<string>();
  for (const { [key]: value } of rows) if (value !== null && value !== undefined) found.add(typeof value);
  const [only] = found;
  return (found.size === 1 && SCALARS[only!]) || "JSON";
}
