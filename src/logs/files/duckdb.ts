import { closeSync, readSync } from "node:fs";
import { openFile } from "../../disk/open-file.js";
import { LogError } from "../../domain/errors/errors.js";
import { withoutSecrets } from "../../domain/secrets/named-secrets.js";
import { redactor } from "../../domain/secrets/redactor.js";
import { arrowDurations } from "./arrow-durations.js";

/** What is used of `@duckdb/node-api`, which is not installed with this package. */
interface DuckDb {
  readonly DuckDBInstance: { create(path: string): Promise<Instance> };
}
interface Instance {
  connect(): Promise<Connection>;
  closeSync(): void;
}
export interface Connection {
  run(sql: string): Promise<unknown>;
  stream(sql: string): Promise<{ fetchChunk(): Promise<Chunk | null> }>;
  closeSync(): void;
}
interface Chunk {
  readonly rowCount: number;
  readonly columnCount: number;
  getColumnVector(index: number): { getItem(row: number): unknown };
}

/** Whether a log has to be read by DuckDB: a Parquet file, whatever its name, or anything on S3. */
export function needsDuckDb(path: string): boolean {
  return isRemote(path) || isParquetName(path) || beginsAsParquet(path);
}

/** Whether a log on S3 holds lines. */
export function isRemoteText(path: string): boolean {
  return isRemote(path) && !isParquetName(path);
}

const isParquetName = (path: string): boolean => /\.parquet$/i.test(path);

function beginsAsParquet(path: string): boolean {
  try {
    const file = openFile(path);
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

/** Whether a path is an address of S3. */
export function isRemote(path: string): boolean {
  return /^s3:\/\//i.test(path);
}

/**
 * Visits the records of a Parquet file, or of Parquet files on S3 (globs too), each as JSON text, until told to stop.
 * Durations are seconds in it, whatever their unit.
 *
 * S3 is reached with what the environment says: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`,
 * `AWS_REGION`, `AWS_ENDPOINT_URL`. DuckDB loads its extension `httpfs` for that, from its own site the first time.
 *
 * @throws LogError where DuckDB is not installed or can't read the log; no key is in the message.
 */
export function visitParquet(path: string, visit: (text: string) => "stop" | undefined): Promise<void> {
  return withDuckDb(path, async (connection) => {
    const columns = await durationsOf(connection, path);
    const rows = `read_parquet(${quoted(path)}, union_by_name = true)`;
    const selected = columns.length === 0 ? rows : `(SELECT * REPLACE (${columns.join(", ")}) FROM ${rows})`;
    await visitRows(connection, `SELECT to_json(record)::VARCHAR FROM ${selected} AS record`, ([text]) =>
      visit(String(text)),
    );
  });
}

/**
 * The contents of text files on S3 (globs too), reached as {@link visitParquet} says.
 *
 * @throws LogError as there.
 */
export function remoteContents(path: string): Promise<Uint8Array[]> {
  return withDuckDb(path, async (connection) => {
    const contents: Uint8Array[] = [];
    await visitRows(connection, `SELECT content FROM read_blob(${quoted(path)})`, ([content]) => {
      contents.push((content as { readonly bytes: Uint8Array }).bytes);
      return undefined;
    });
    return contents;
  });
}

/**
 * Runs work in a database of its own, which knows nothing but what the work tells it.
 *
 * @param path what is read or written, for messages.
 * @throws LogError where DuckDB is not installed, or refuses.
 */
export async function withDuckDb<T>(
  path: string,
  work: (connection: Connection) => Promise<T>,
  act: "read" | "write" = "read",
): Promise<T> {
  const { DuckDBInstance } = await duckDb(path, act);
  const instance = await DuckDBInstance.create(":memory:");
  try {
    const connection = await instance.connect();
    try {
      await connection.run("SET TimeZone = 'UTC'");
      if (isRemote(path)) await connection.run(s3Secret(process.env));
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  } catch (cause) {
    if (cause instanceof LogError) throw cause;
    const reason = reasonOf(cause as Error);
    throw new LogError(`Can't ${act} ${path} with DuckDB: ${reason}.`, { path, cause });
  } finally {
    instance.closeSync();
  }
}

async function visitRows(
  connection: Connection,
  query: string,
  visit: (values: readonly unknown[]) => "stop" | undefined,
): Promise<void> {
  const rows = await connection.stream(query);
  for (;;) {
    const chunk = await rows.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    const columns = Array.from({ length: chunk.columnCount }, (_, index) => chunk.getColumnVector(index));
    for (let row = 0; row < chunk.rowCount; row++) {
      if (visit(columns.map((column) => column.getItem(row))) === "stop") return;
    }
  }
}

/** What stands for the columns that are durations: Arrow's, which are integers here, and those of DuckDB's own types. */
async function durationsOf(connection: Connection, path: string): Promise<string[]> {
  const units = await arrowUnits(connection, path);
  const columns: string[] = [];
  const described = `DESCRIBE SELECT * FROM read_parquet(${quoted(path)}, union_by_name = true)`;
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
  const query = `SELECT decode(value) FROM parquet_kv_metadata(${quoted(path)}) WHERE decode(key) = 'ARROW:schema'`;
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

async function duckDb(path: string, act: string): Promise<DuckDb> {
  // The compiler does not resolve a name in a variable, so the package may be missing.
  const name = "@duckdb/node-api";
  try {
    return (await import(name)) as DuckDb;
  } catch (cause) {
    throw new LogError(`To ${act} ${path}, install DuckDB beside this package: npm install ${name}.`, {
      path,
      cause,
    });
  }
}

function s3Secret(environment: Readonly<Record<string, string | undefined>>): string {
  const endpoint = environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL;
  const fields: Readonly<Record<string, string | undefined>> = {
    KEY_ID: environment.AWS_ACCESS_KEY_ID,
    SECRET: environment.AWS_SECRET_ACCESS_KEY,
    SESSION_TOKEN: environment.AWS_SESSION_TOKEN,
    REGION: environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION,
    ENDPOINT: endpoint?.replace(/^https?:\/\//, "").replace(/\/$/, ""),
    URL_STYLE: endpoint === undefined ? undefined : "path",
    USE_SSL: endpoint?.startsWith("http://") ? "false" : undefined,
  };
  const given = Object.entries(fields).flatMap(([name, value]) =>
    value ? [`${name} ${quoted(value)}`] : [],
  );
  return `CREATE SECRET (${["TYPE s3", ...given].join(", ")})`;
}

/** DuckDB may name what it was given. */
function reasonOf({ message }: Error): string {
  const { AWS_SECRET_ACCESS_KEY = "", AWS_SESSION_TOKEN = "" } = process.env;
  const redact = redactor([AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN]);
  return withoutSecrets(redact(message)).split("\n")[0]!;
}

export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const named = (column: string): string => `"${column.replaceAll('"', '""')}"`;

/** DuckDB takes ISO times for timestamps where it writes Parquet, and gives them back as `2026-11-20 10:00:00.123`. */
export function withIsoStart(value: unknown): unknown {
  const started_at = (value as { readonly started_at?: unknown } | null)?.started_at;
  if (typeof started_at !== "string") return value;
  const time = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:\+00)?$/.exec(started_at);
  if (time === null) return value;
  return { ...(value as object), started_at: new Date(`${time[1]}T${time[2]}Z`).toISOString() };
}
