import { getHeapStatistics } from "node:v8";
import { LogError } from "../../domain/errors/errors.js";
import { copyOf, isRemote } from "./copies.js";
import { quoted, visitRows, withDuckDb } from "./duckdb.js";

/** What a row takes in JavaScript at least; most take more. */
const ROW_BYTES = 1_000;

/**
 * Refuses Parquet with more rows than can be held in memory, before minutes of reading them.
 *
 * @throws LogError that says how many there are; or where DuckDB is not installed or can't read a file.
 */
export async function requireRoomFor(
  paths: readonly string[],
  heapBytes = getHeapStatistics().heap_size_limit,
): Promise<void> {
  const [path] = paths;
  if (path === undefined) return;
  // A database reaches S3 if what it is opened for is there.
  await withDuckDb(paths.find(isRemote) ?? path, async (connection) => {
    const files = paths.map((one) => quoted(copyOf(one))).join(", ");
    const query = `SELECT sum(num_rows)::DOUBLE FROM parquet_file_metadata([${files}])`;
    await visitRows(connection, query, ([rows]) => {
      if (Number(rows) * ROW_BYTES <= heapBytes) return undefined;
      const [held, most] = [Number(rows), Math.floor(heapBytes / ROW_BYTES)].map((n) =>
        n.toLocaleString("en-US"),
      );
      const message = `${path}${paths.length > 1 ? ` and ${paths.length - 1} more` : ""}: ${held} rows of Parquet, and at most ${most} fit into memory here. Summarise loads with DuckDB (firsttoken report --summary, load.summarise), or give Node.js more memory (NODE_OPTIONS=--max-old-space-size=MB).`;
      throw new LogError(message, { path });
    });
  });
}
