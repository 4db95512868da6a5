import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LogError, OptionError } from "../domain/errors/errors.js";
import { plainLine } from "../domain/plain-text.js";
import { type FirstToken, requireFirstToken } from "../domain/records/first-token.js";
import { isRemote } from "./duckdb/copies.js";
import { type Connection, quoted, visitRows, withDuckDb } from "./duckdb/duckdb.js";
import { isParquet } from "./duckdb/parquet.js";
import { openBytes } from "./files/log-bytes.js";
import { type LogProblem, summaryOf } from "./files/problem.js";
import {
  filesOf,
  type LabelledFile,
  type LabelsOf,
  type LogSources,
  requireEveryLabel,
} from "./files/sources.js";
import { LoadSummary, type LoadSummaryRow } from "./load-summary.js";

/** Options of a summary of loads. */
export interface SummariseLoadOptions {
  /** Which token counts as the first: content (the default), or any, including reasoning. */
  readonly firstToken?: FirstToken;
  /** The most memory that DuckDB takes, in GiB; default 2. What does not fit goes to a folder that is removed afterwards. */
  readonly memoryGib?: number;
  /** Where that folder is made; default the system's for temporary files. */
  readonly spillFolder?: string;
  /** Told of what did not stop the reading; default a warning on the console. */
  readonly onProblem?: (problem: LogProblem) => void;
}

/**
 * Counts, means and exact quantiles (type 7) of TTFT under load by label and level, computed by DuckDB from Parquet of any size, here or on
 * S3: no row reaches JavaScript, and memory is bounded.
 *
 * Requests count as in `load.table`: under a schedule from their intended start, and not those with cut prompts or with reports that contradict
 * their method; nothing is averaged where TTFT never settled. A label that mixes models, servers, methods, workloads or arrivals has a row for
 * each. Unlike `load.read`, it does not look for rows that stand in two files, and takes no ramp.
 *
 * @param sources Parquet as `logs.convert` writes it, such as a folder partitioned by label and level: a path, a folder, a glob (`*`, `?`,
 * `**`), a list of these, or a map of labels to any of them.
 * @throws LogError where DuckDB is not installed or lacks memory, or for a file that can't be read or is no Parquet of a load; OptionError for
 * an option that breaks its rule.
 * @example await load.summarise("s3://bucket/rows/") // [{ label: "Prefix cache", rate_per_second: 2, p95_seconds: 0.31, … }]
 */
export async function summariseLoadLogs<const S extends LogSources>(
  sources: S,
  { firstToken = "content", memoryGib = 2, spillFolder = tmpdir(), onProblem }: SummariseLoadOptions = {},
): Promise<readonly LoadSummaryRow<LabelsOf<S>>[]> {
  requireFirstToken(firstToken);
  if (!(memoryGib >= 0.25 && memoryGib < Number.POSITIVE_INFINITY))
    throw new OptionError("memoryGib", "must be a number of GiB, at least 0.25", memoryGib);
  const problems: LogProblem[] = [];
  const report = onProblem ?? ((problem: LogProblem) => problems.push(problem));
  const files = await filesOf(sources, report);
  // What can't be opened is refused as such, and not in DuckDB's words.
  for (const { path } of files) if (!isRemote(path)) openBytes(path).close();
  const other = files.find(({ path }) => !isParquet(path));
  if (other !== undefined) {
    const message = `${other.path} is no Parquet, which is what DuckDB summarises: convert it (firsttoken convert --to parquet), or read it with load.read.`;
    throw new LogError(message, { path: other.path });
  }
  const folder = mkdtempSync(join(spillFolder, "firsttoken-spill-"));
  try {
    // A database reaches S3 if what it is opened for is there.
    const { path } = files.find((file) => isRemote(file.path)) ?? files[0]!;
    return await withDuckDb(path, async (connection) => {
      await connection.run(`SET memory_limit = '${Math.round(1024 * memoryGib)}MiB'`);
      await connection.run(`SET temp_directory = ${quoted(folder)}`);
      await connection.run("SET preserve_insertion_order = false");
      const summary = new LoadSummary(connection, await loadFiles(connection, files, report), firstToken);
      return (await summary.rows()) as readonly LoadSummaryRow<LabelsOf<S>>[];
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
    for (const line of summaryOf(problems)) console.warn(plainLine(line));
  }
}

/** The files that hold loads: of those found in a folder, others are reported. */
async function loadFiles(
  connection: Connection,
  files: readonly LabelledFile[],
  report: (problem: LogProblem) => void,
): Promise<readonly LabelledFile[]> {
  const listed = files.map(({ path }) => quoted(path)).join(", ");
  const marked = new Set<string>();
  const query = `SELECT DISTINCT file_name FROM parquet_schema([${listed}]) WHERE name IN ('workload', 'arrivals')`;
  await visitRows(connection, query, ([path]) => void marked.add(String(path)) as undefined);
  const isLoad = ({ path }: LabelledFile) => marked.has(path);
  for (const { path, isFound } of files.filter((file) => !isLoad(file))) {
    const message = `${path} holds no load`;
    if (!isFound || marked.size === 0)
      throw new LogError(`${message}; ttft.summarise is for logs of TTFT, of any size too.`, { path });
    report({ path, line: null, kind: "left out", message: `${message}; it was left out.` });
  }
  const loads = files.filter(isLoad);
  requireEveryLabel(files, loads);
  return loads;
}
