import { closeSync, readSync } from "node:fs";
import { openFile } from "../../disk/open-file.js";
import { LogError } from "../../domain/errors/errors.js";
import { arrowDurations } from "./arrow-durations.js";
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
    const columns = await durationsOf(connection, path);
    const rows = parquetRows(path);
    const selected = columns.length === 0 ? rows : `(SELECT * REPLACE (${columns.join(", ")}) FROM ${rows})`;
    await visitRows(connection, `SELECT to_json(record)::VARCHAR FROM ${selected} AS record`, ([text]) =>
      visit(String(text)),
    );
  });
}

/** The table of a file. In a partitioned folder a label is in the file's path, and is a text even if it is a number. */
const parquetRows = (path: string): string => {
  const types = /(^|\/)label=[^/]*\//.test(path) ? ", hive_types = {'label': VARCHAR}" : "";
  return `read_parquet(${quoted(copyOf(path))}${types})`;
};

/** What stands for the columns that are durations: Arrow's, which are integers here, and those of DuckDB's own types. */
async function durationsOf(connection: Connection, path: string): Promise<string[]> {
  const units = await arrowUnits(connection, path);
  const columns: string[] = [];
  const described = `DESCRIBE SELECT * FROM ${parquetRows(path)}`;
  await visitRows(connection, described, ([name, type]) => {
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
async function arrowUnits(connection: Connection, path: string): Promise<ReadonlyMap<string, number>> {
  const units = new Map<string, number>();
  const query = `SELECT decode(value) FROM parquet_kv_metadata(${quoted(copyOf(path))}) WHERE decode(key) = 'ARROW:schema'`;
  await visitRows(connection, query, ([schema]) => {
    for (const [name, perSecond] of arrowDurations(String(schema))) {
      if ((units.get(name) ?? perSecond) !== perSecond) {
        throw new LogError(`${path}: its files have ${name} in different units; read each by its own path.`, {
          path,
        });
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
