import { LogError } from "../../domain/errors/errors.js";
import { isRemote } from "./copies.js";
import { s3Access, withoutCredentials } from "./s3-access.js";

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
      if (isRemote(path)) for (const statement of s3Access()) await connection.run(statement);
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  } catch (cause) {
    throw refusal(path, act, cause);
  } finally {
    instance.closeSync();
  }
}

/** DuckDB's refusal as an error that names what was read or written. */
export function refusal(path: string, act: "read" | "write", cause: unknown): LogError {
  if (cause instanceof LogError) return cause;
  const reason = withoutCredentials((cause as Error).message);
  return new LogError(`Can't ${act} ${path} with DuckDB: ${reason}.`, { path, cause });
}

/** Visits the rows of a query until told to stop. */
export async function visitRows(
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

export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const named = (column: string): string => `"${column.replaceAll('"', '""')}"`;
