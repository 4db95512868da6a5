import { closeSync, readSync } from "node:fs";
import { openFile } from "../../disk/open-file.js";
import { LogError } from "../../domain/errors/errors.js";
import { arrowDurations } from "./arrow-durations.js";
import { PARTITION_COLUMNS } from "./column-types.js";
import { copyOf } from "./copies.js";
import { type Connection, named, quoted, visitRows, withDuckDb } from "./duckdb.js";
import { isParquetName } from "./log-names.js";

/** Whether a log is a Parquet file, by its content or, on S3, by its name. */
export function isParquet(path: string): boolean {
  return isParquetName(path) || beginsAsParquet(path);
}

function beginsAsParquet(path: string): boolean {
  try {
    const file = openFile(copyOf(path));
    try {
      // With an explicit position, a pipe gives an error instead of losing its first bytes.
      const begin = Buffer.alloc(4);
      return readSync(file, begin, 0, 4, 0) === 4 && begin.toString("latin1") === "PAR1";
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}

/**
 * Visits the records of a Parquet file, each as JSON text, until told to stop. Durations are seconds in it, whatever their
 * unit.
 *
 * @throws LogError where DuckDB is not installed or can't read the log; no key is in the message.
 */
export function visitParquet(path: string, visit: (text: string) => "stop" | undefined): Promise<void> {
  return withDuckDb(path, async (connection) => {
    const rows = parquetTable([path]);
    const columns = await durationsOf(connection, [path], rows);
    const selected = columns.length === 0 ? rows : `(SELECT * REPLACE (${columns.join(", ")}) FROM ${rows})`;
    await visitRows(connection, `SELECT to_json(record)::VARCHAR FROM ${selected} AS record`, ([text]) =>
      visit(String(text)),
    );
  });
}

/** The table of files together; a column that one of them lacks is null there. */
export const parquetTable = (paths: readonly string[], options: readonly string[] = []): string => {
  const files = paths.map((path) => quoted(copyOf(path)));
  return `read_parquet(${[`[${files.join(", ")}]`, ...options, ...hiveTypes(paths)].join(", ")})`;
};

/** In a partitioned folder, such as `rows/label=7/`, a column has its own type, whatever its values look like. */
function hiveTypes(paths: readonly string[]): string[] {
  const keys = new Set(paths.flatMap((path) => [...path.matchAll(PARTITION)].map(([, key]) => key!)));
  const types = [...keys].flatMap((key) => {
    const type = PARTITION_COLUMNS.get(key);
    return type === undefined ? [] : [`${quoted(key)}: ${type}`];
  });
  return types.length === 0 ? [] : [`hive_types = {${types.join(", ")}}`];
}

const PARTITION = /(?<=^|\/)([a-z_]+)=[^/]*(?=\/)/g;

/** What stands for the columns that are durations: Arrow's, which are integers here, and those of DuckDB's own types. */
export async function durationsOf(
  connection: Connection,
  paths: readonly string[],
  table: string,
): Promise<string[]> {
  const units = await arrowUnits(connection, paths);
  const columns: string[] = [];
  await visitRows(connection, `DESCRIBE SELECT * FROM ${table}`, ([name, type]) => {
    const column = named(String(name));
    const perSecond = units.get(String(name));
    if (type === "BIGINT" && perSecond !== undefined) {
      columns.push(`${column} / ${perSecond}::DOUBLE AS ${column}`);
    } else if (type === "INTERVAL" || (type === "TIME" && /_seconds$/.test(String(name)))) {
      columns.push(`epoch(${column}) AS ${column}`);
    }
    return undefined;
  });
  return columns;
}

/** Arrow's durations by column, each with how many of its units are a second. */
async function arrowUnits(
  connection: Connection,
  paths: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const units = new Map<string, number>();
  const files = paths.map((path) => quoted(copyOf(path))).join(", ");
  const query = `SELECT decode(value) FROM parquet_kv_metadata([${files}]) WHERE decode(key) = 'ARROW:schema'`;
  await visitRows(connection, query, ([schema]) => {
    for (const [name, perSecond] of arrowDurations(String(schema))) {
      if ((units.get(name) ?? perSecond) !== perSecond) {
        const path = paths[0]!;
        const message = `${path}: its files have ${name} in different units; read each by its own path.`;
        throw new LogError(message, { path });
      }
      units.set(name, perSecond);
    }
    return undefined;
  });
  return units;
}

/** DuckDB takes ISO times for timestamps where it writes Parquet, and gives them back as `2026-11-20 10:00:00.123`. */
export function withIsoStart(value: unknown): unknown {
  const started_at = (value as { readonly started_at?: unknown } | null)?.started_at;
  if (typeof started_at !== "string") return value;
  const time = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:\+00)?$/.exec(started_at);
  if (time === null) return value;
  return { ...(value as object), started_at: new Date(`${time[1]}T${time[2]}Z`).toISOString() };
}
