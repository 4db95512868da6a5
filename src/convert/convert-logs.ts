import { accessSync, constants, existsSync, realpathSync } from "node:fs";
import { dirname, join, parse, resolve } from "node:path";
import { isDevice, whyNotWritten, writeWhole } from "../disk/written-file.js";
import { LogError, OptionError } from "../domain/errors/errors.js";
import { isRemote } from "../logs/duckdb/copies.js";
import type { LogSources } from "../logs/files/sources.js";
import type { RecordKind } from "../logs/record-kind.js";
import { csvFile } from "./csv-file.js";
import { llmdReports } from "./llm-d-report.js";
import { parquetFile } from "./parquet-file.js";
import { type RowsOfOneKind, rowsOfOneKind } from "./rows-of-one-kind.js";
import { vllmBenchFile } from "./vllm-bench-file.js";

/** What logs can be converted to. */
export const FILE_FORMS = ["csv", "parquet", "vllm-bench", "llm-d-report"] as const;
export type FileForm = (typeof FILE_FORMS)[number];

/** How logs are converted, and where to. */
export interface ConvertOptions {
  /**
   * `csv` (RFC 4180); `parquet`, which needs `@duckdb/node-api`; `vllm-bench`, as `vllm bench serve` writes it; or
   * `llm-d-report`, a Benchmark Report of llm-d for each run.
   */
  readonly to: FileForm;
  /** Path of the file, on this machine. */
  readonly out: string;
  /** Whether to replace an existing file; default false. */
  readonly overwrite?: boolean;
  /** For `csv`: whether texts that a spreadsheet would compute get an apostrophe before them; default false. */
  readonly spreadsheet?: boolean;
  /** `throw` stops at the first bad line, `skip` goes on without it; default `throw`. */
  readonly onBadLine?: "throw" | "skip";
  /** Whether a run measured in parts may lack some of them; default false: it is refused. */
  readonly allowPartial?: boolean;
}

/** What has been converted. */
export interface Converted {
  readonly kind: RecordKind;
  readonly rows: number;
  readonly out: string;
  /** The files written: `out`, or for several reports `report-1.json`, `report-2.json` and so on in its place. */
  readonly files: readonly string[];
  /** What did not stop the reading, and what the file leaves out. */
  readonly notes: readonly string[];
}

/**
 * Writes the records of logs, or of other tools' result files, as a file of another form; all must be of one kind.
 *
 * A Parquet file has typed columns, and in its metadata the kind (`firsttoken_kind`) and as JSON the units of its columns
 * (`firsttoken_units`) and each column's unit and meaning (`firsttoken_columns`). It reads as the same rows.
 *
 * @param sources a log's path, a folder, a glob (`*`, `?`, `**`), a list of these, or a map of labels to any of them.
 * @throws LogError for a log that can't be read, logs of several kinds, or a file that exists already or can't be written;
 * OptionError for an option that breaks its rule.
 * @example
 * const { rows } = await logs.convert("results/ttft/*.jsonl", { to: "csv", out: "ttft.csv" }); // rows: 40
 */
export async function convertLogs(
  sources: LogSources,
  {
    to,
    out,
    overwrite = false,
    spreadsheet = false,
    onBadLine = "throw",
    allowPartial = false,
  }: ConvertOptions,
): Promise<Converted> {
  if (!FILE_FORMS.includes(to)) throw new OptionError("to", `must be one of ${FILE_FORMS.join(", ")}`, to);
  if (spreadsheet && to !== "csv")
    throw new OptionError("spreadsheet", "must be left out unless to is csv", to);
  requireFree(out, overwrite);
  const read = await rowsOfOneKind(sources, { onBadLine, allowPartial });
  const { contents, leftOut } = await filesOf(to, out, read, spreadsheet);
  const files = contents.length === 1 ? [out] : contents.map((_, index) => numbered(out, index + 1));
  for (const file of files) {
    if (file !== out) requireFree(file, overwrite);
    requireNoSource(file, read.paths);
  }
  for (const [index, file] of files.entries()) written(file, () => writeWhole(file, contents[index]!));
  return { kind: read.kind, rows: read.rows.length, out, files, notes: [...read.problems, ...leftOut] };
}

/** @example numbered("a/report.json", 2) // "a/report-2.json" */
const numbered = (path: string, number: number): string => {
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}-${number}${ext}`);
};

interface FileContents {
  /** Of one file, or of several for a form that has a file for each run. */
  readonly contents: readonly (string | Uint8Array)[];
  /** What the form has no place for: a sentence each. */
  readonly leftOut: readonly string[];
}

async function filesOf(
  to: FileForm,
  out: string,
  read: RowsOfOneKind,
  spreadsheet: boolean,
): Promise<FileContents> {
  switch (to) {
    case "csv":
      return { contents: [csvFile(read, spreadsheet)], leftOut: [] };
    case "vllm-bench": {
      const { content, leftOut } = vllmBenchFile(read);
      return { contents: [content], leftOut };
    }
    case "llm-d-report":
      return llmdReports(read);
    case "parquet":
      return { contents: [await parquetFile(out, read)], leftOut: [] };
  }
}

/** Refuses a path that can't be written, before minutes of reading. */
function requireFree(out: unknown, overwrite: boolean): asserts out is string {
  if (typeof out !== "string" || out === "" || isRemote(out)) {
    throw new OptionError("out", "must be the path of a file on this machine", out);
  }
  if (isDevice(out)) return;
  if (existsSync(out) && !overwrite) {
    throw new LogError(
      `${out} exists already: replace it with --overwrite (overwrite: true), or choose another name.`,
      { path: out },
    );
  }
  written(out, () => accessSync(dirname(resolve(out)), constants.W_OK));
}

/** Refuses to replace a log by what is made of it. */
function requireNoSource(out: string, paths: readonly string[]): void {
  if (!existsSync(out) || isDevice(out)) return;
  const place = realpathSync(out);
  if (!paths.some((path) => existsSync(path) && realpathSync(path) === place)) return;
  throw new LogError(`${out} is one of the logs that are converted: choose another name.`, { path: out });
}

/** Names the file where something that writes it fails. */
function written(path: string, act: () => void): void {
  try {
    act();
  } catch (cause) {
    throw new LogError(`Can't write ${path}: ${whyNotWritten(cause)}.`, { path, cause });
  }
}
