import { LogError } from "../domain/errors.js";
import { withoutSecrets } from "./secrets.js";

/** What is used of `@duckdb/node-api`, which is not installed with this package. */
interface DuckDb {
  readonly DuckDBInstance: { create(path: string): Promise<Instance> };
}
interface Instance {
  connect(): Promise<Connection>;
  closeSync(): void;
}
interface Connection {
  run(sql: string): Promise<unknown>;
  stream(sql: string): Promise<{ fetchChunk(): Promise<Chunk | null> }>;
  closeSync(): void;
}
interface Chunk {
  readonly rowCount: number;
  getColumnVector(index: number): { getItem(row: number): unknown };
}

/** Whether a log has to be read by DuckDB: a Parquet file, or anything on S3. */
export function needsDuckDb(path: string): boolean {
  return isRemote(path) || /\.parquet$/i.test(path);
}

/** Whether a path is an address of S3. */
export function isRemote(path: string): boolean {
  return /^s3:\/\//i.test(path);
}

/**
 * Visits the records of a Parquet file, or of Parquet or JSONL files on S3 (globs too), each as JSON text, until told to
 * stop.
 *
 * S3 is reached with what the environment says: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`,
 * `AWS_REGION`, `AWS_ENDPOINT_URL`. DuckDB loads its extension `httpfs` for that, from its own site the first time.
 *
 * @throws LogError where DuckDB is not installed or can't read the log; no key is in the message.
 */
export async function visitWithDuckDb(
  path: string,
  visit: (text: string) => "stop" | undefined,
): Promise<void> {
  const { DuckDBInstance } = await duckDb(path);
  const instance = await DuckDBInstance.create(":memory:");
  try {
    const connection = await instance.connect();
    try {
      await connection.run("SET TimeZone = 'UTC'");
      if (isRemote(path)) await connection.run(s3Secret(process.env));
      const rows = await connection.stream(queryOf(path));
      for (;;) {
        const chunk = await rows.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) return;
        const texts = chunk.getColumnVector(0);
        for (let row = 0; row < chunk.rowCount; row++) {
          if (visit(String(texts.getItem(row))) === "stop") return;
        }
      }
    } finally {
      connection.closeSync();
    }
  } catch (cause) {
    if (cause instanceof LogError) throw cause;
    const reason = withoutSecrets((cause as Error).message.split("\n")[0]) as string;
    throw new LogError(`Can't read ${path} with DuckDB: ${reason}.`, { path, cause });
  } finally {
    instance.closeSync();
  }
}

async function duckDb(path: string): Promise<DuckDb> {
  // A name in a variable is not looked up by the compiler: the package need not be there.
  const name = "@duckdb/node-api";
  try {
    return (await import(name)) as DuckDb;
  } catch (cause) {
    throw new LogError(`To read ${path}, install DuckDB beside this package: npm install ${name}.`, {
      path,
      cause,
    });
  }
}

/** One column of JSON texts: DuckDB turns Parquet's rows into them, and JSONL's lines are them. */
function queryOf(path: string): string {
  return /\.parquet$/i.test(path)
    ? `SELECT to_json(record)::VARCHAR FROM read_parquet(${quoted(path)}, union_by_name = true) AS record`
    : `SELECT unnest(string_split(rtrim(content, E'\\n'), E'\\n')) FROM read_text(${quoted(path)})`;
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

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** DuckDB takes ISO times for timestamps where it writes Parquet, and gives them back as `2026-11-20 10:00:00.123`. */
export function withIsoStart(value: unknown): unknown {
  const started_at = (value as { readonly started_at?: unknown } | null)?.started_at;
  if (typeof started_at !== "string") return value;
  const time = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:\+00)?$/.exec(started_at);
  if (time === null) return value;
  return { ...(value as object), started_at: new Date(`${time[1]}T${time[2]}Z`).toISOString() };
}
