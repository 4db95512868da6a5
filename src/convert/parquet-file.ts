import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { named, quoted, withDuckDb } from "../logs/duckdb/duckdb.js";
import { packageVersion } from "../logs/files/run-environment.js";
import { arrowSchema } from "./arrow-schema.js";
import { fileColumns } from "./file-columns.js";
import { type ParquetColumn, parquetColumns } from "./parquet-columns.js";
import type { AnyRow, RowsOfOneKind } from "./rows-of-one-kind.js";

/**
 * Rows as a Parquet file with typed columns; what they are, and the units and meanings of
 * the columns, stand in the file's key-value metadata, and those of each column in its field's too, as Arrow has them.
 *
 * @param out what the file will be called, for messages.
 * @throws LogError where DuckDB is not installed or refuses the rows.
 */
export function parquetFile(out: string, read: RowsOfOneKind): Promise<Uint8Array> {
  return inTemporaryFolder(async (folder) => {
    const file = join(folder, "rows.parquet");
    await writeParquet(out, file, read, [], folder);
    return readFileSync(file);
  });
}

/**
 * Makes a folder of such files, in folders by the values of columns, such as `label=Prefix%20cache/level=3/data_0.parquet`.
 *
 * @param place the folder, which is not there yet; `out` is what it will be called.
 * @throws LogError where DuckDB is not installed or refuses the rows.
 */
export function parquetFolder(
  out: string,
  place: string,
  read: RowsOfOneKind,
  by: readonly string[],
): Promise<void> {
  return inTemporaryFolder((folder) => writeParquet(out, place, read, by, folder));
}

async function inTemporaryFolder<R>(work: (folder: string) => Promise<R>): Promise<R> {
  const folder = mkdtempSync(join(tmpdir(), "firsttoken-parquet-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function writeParquet(
  out: string,
  place: string,
  read: RowsOfOneKind,
  by: readonly string[],
  folder: string,
): Promise<void> {
  const columns = fileColumns(read);
  const typed = parquetColumns(out, columns, read.rows);
  const metadata = {
    firsttoken_kind: read.kind,
    firsttoken_version: packageVersion(),
    firsttoken_units: JSON.stringify(
      Object.fromEntries(columns.flatMap(({ key, unit }) => (unit === null ? [] : [[key, unit]]))),
    ),
    firsttoken_columns: JSON.stringify(
      Object.fromEntries(
        columns.flatMap(({ key, unit, meaning }) => (meaning === null ? [] : [[key, { unit, meaning }]])),
      ),
    ),
  };
  const told = columns.map(({ unit, meaning }) => ({
    ...(unit !== null && { unit }),
    ...(meaning !== null && { meaning }),
  }));
  // Columns that are names of folders are in no file.
  const inFile = typed
    .map((one, i) => ({ ...one, metadata: told[i]! }))
    .filter(({ key }) => !by.includes(key));
  const schema = arrowSchema(inFile, metadata);
  const lines = join(folder, "rows.jsonl");
  const longest = writeLines(lines, typed, read.rows);
  const sql = copySql(
    lines,
    place,
    typed,
    { ...metadata, ...(schema !== null && { "ARROW:schema": schema }) },
    longest,
    by,
  );
  await withDuckDb(out, (connection) => connection.run(sql), "write");
}

/** DuckDB's own limit for one line. */
const LEAST_LIMIT = 16 << 20;

/** The statement that makes the Parquet file of the lines; every column's type is told, and none is guessed. */
export function copySql(
  lines: string,
  file: string,
  columns: readonly ParquetColumn[],
  metadata: Readonly<Record<string, string>>,
  longest: number,
  by: readonly string[] = [],
): string {
  const isTime = ({ type }: ParquetColumn) => type === "TIMESTAMPTZ";
  const types = columns.map((one, i) => `c${i}: ${quoted(isTime(one) ? "VARCHAR" : one.type)}`);
  const selected = columns.map((one, i) => `c${i}${isTime(one) ? "::TIMESTAMPTZ" : ""} AS ${named(one.key)}`);
  const source = [
    quoted(lines),
    "format = 'newline_delimited'",
    `columns = {${types.join(", ")}}`,
    `maximum_object_size = ${Math.max(LEAST_LIMIT, 2 * longest)}`,
  ];
  const told = Object.entries(metadata).map(([key, value]) => `${named(key)}: ${quoted(value)}`);
  const parted = by.length === 0 ? "" : `, PARTITION_BY (${by.map(named).join(", ")})`;
  return (
    `COPY (SELECT ${selected.join(", ")} FROM read_json(${source.join(", ")})) ` +
    `TO ${quoted(file)} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {${told.join(", ")}}${parted})`
  );
}

/** Writes the rows under names that need no quoting, and says how long the longest is, in bytes. */
function writeLines(path: string, columns: readonly ParquetColumn[], rows: readonly AnyRow[]): number {
  const file = openSync(path, "wx");
  let longest = 0;
  try {
    for (const row of rows) {
      const cells = columns.map(({ key }, i) => [`c${i}`, Object.hasOwn(row, key) ? row[key] : null]);
      longest = Math.max(
        longest,
        writeSync(file, `${JSON.stringify(Object.fromEntries(cells), wellFormed)}\n`),
      );
    }
  } finally {
    closeSync(file);
  }
  return longest;
}

/** Half a pair of surrogates, which UTF-8 does not have, is the replacement character. */
const wellFormed = (_key: string, value: unknown): unknown =>
  typeof value === "string" ? value.replace(/\p{Surrogate}/gu, "\ufffd") : value;
