import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join, parse, resolve, sep } from "node:path";
import { isDevice, nameBeside, whyNotWritten, writeWhole } from "../disk/written-file.js";
import { LogError, OptionError } from "../domain/errors/errors.js";
import { PARTITION_COLUMNS } from "../logs/duckdb/column-types.js";
import { isRemote } from "../logs/duckdb/copies.js";
import { storedFiles } from "../logs/duckdb/stored-files.js";
import type { LogSources } from "../logs/files/sources.js";
import { folderOf } from "../logs/files/writable.js";
import type { RecordKind } from "../logs/record-kind.js";
import { csvFile } from "./csv-file.js";
import { fileColumns } from "./file-columns.js";
import { llmdReports } from "./llm-d-report.js";
import { parquetFile, parquetFolder } from "./parquet-file.js";
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
  /** Path of the file, or an address on S3; with `partitionBy`, of the folder. */
  readonly out: string;
  /**
   * For `parquet`: makes a folder of files, in folders by the values of these columns, such as `["label", "level"]`; default one file.
   */
  readonly partitionBy?: readonly string[];
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
  /** The files written: `out`, those in it, or for several reports `report-1.json`, `report-2.json` and so on in its place. */
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
    partitionBy = [],
    overwrite = false,
    spreadsheet = false,
    onBadLine = "throw",
    allowPartial = false,
  }: ConvertOptions,
): Promise<Converted> {
  if (!FILE_FORMS.includes(to)) throw new OptionError("to", `must be one of ${FILE_FORMS.join(", ")}`, to);
  if (spreadsheet && to !== "csv")
    throw new OptionError("spreadsheet", "must be left out unless to is csv", to);
  requirePartition(partitionBy, to);
  const asked = { to, partitionBy, spreadsheet, onBadLine, allowPartial };
  if (typeof out !== "string" || !isRemote(out)) return convertTo(sources, { ...asked, out, overwrite });
  const converted = await storedFiles(out, overwrite, (path) =>
    convertTo(sources, { ...asked, out: path, overwrite: false }),
  );
  return { ...converted, out };
}

async function convertTo(
  sources: LogSources,
  { to, out, partitionBy, overwrite, spreadsheet, onBadLine, allowPartial }: Required<ConvertOptions>,
): Promise<Converted> {
  requireFree(out, overwrite, partitionBy.length > 0 ? folderOf : dirname);
  if (partitionBy.length > 0) requireRowsOnly(out);
  const read = await rowsOfOneKind(sources, { onBadLine, allowPartial });
  const said = { kind: read.kind, rows: read.rows.length, out };
  if (partitionBy.length > 0) {
    requireColumns(partitionBy, read);
    requireNames(out, partitionBy, read.rows);
    const inside = (path: string) => resolve(path).startsWith(`${resolve(out)}${sep}`);
    const source = read.paths.find(inside);
    if (source !== undefined)
      throw new LogError(`${source} is in ${out}, which would be replaced: choose another name.`, {
        path: out,
      });
    return { ...said, files: await partitioned(out, read, partitionBy), notes: read.problems };
  }
  const { contents, leftOut } = await filesOf(to, out, read, spreadsheet);
  const files = contents.length === 1 ? [out] : contents.map((_, index) => numbered(out, index + 1));
  for (const file of files) {
    if (file !== out) requireFree(file, overwrite);
    requireNoSource(file, read.paths);
  }
  for (const [index, file] of files.entries()) written(file, () => writeWhole(file, contents[index]!));
  return { ...said, files, notes: [...read.problems, ...leftOut] };
}

/** Writes a folder of Parquet files in place of the one that is there. */
async function partitioned(
  out: string,
  read: RowsOfOneKind,
  partitionBy: readonly string[],
): Promise<readonly string[]> {
  written(out, () => mkdirSync(dirname(resolve(out)), { recursive: true }));
  const [made, before] = [nameBeside(out), nameBeside(out)];
  try {
    await parquetFolder(out, made, read, partitionBy);
    written(out, () => {
      if (existsSync(out)) renameSync(out, before);
      renameSync(made, out);
    });
  } finally {
    for (const folder of [made, before]) rmSync(folder, { recursive: true, force: true });
  }
  return parquetIn(out);
}

const parquetIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();

/** Refuses to replace a folder with anything but Parquet in it. */
function requireRowsOnly(out: string): void {
  if (!existsSync(out)) return;
  const other = statSync(out).isDirectory() ? parquetIn(out).find((path) => !/\.parquet$/.test(path)) : out;
  if (other === undefined) return;
  throw new LogError(`${other} is no Parquet in folders by column, and would be lost: choose another name.`, {
    path: out,
  });
}

function requirePartition(partitionBy: readonly string[], to: FileForm): void {
  const [first] = partitionBy;
  if (first === undefined) return;
  if (to !== "parquet") throw new OptionError("partitionBy", "must be left out unless to is parquet", to);
  const unknown = partitionBy.find((key) => !PARTITION_COLUMNS.has(key));
  if (unknown !== undefined)
    throw new OptionError(
      "partitionBy",
      "must name columns of results/README.md that have one value, such as label or level",
      unknown,
    );
  const again = partitionBy.find((key, index) => partitionBy.indexOf(key) < index);
  if (again !== undefined) throw new OptionError("partitionBy", "must name each column once", again);
}

function requireColumns(partitionBy: readonly string[], { kind, ...read }: RowsOfOneKind): void {
  const keys = fileColumns(read).map(({ key }) => key);
  const lacking = partitionBy.find((key) => !keys.includes(key));
  if (lacking === undefined && partitionBy.length < keys.length) return;
  throw new OptionError("partitionBy", `must name columns of ${kind} records (${keys.join(", ")})`, lacking);
}

/** Refuses a text that is read back as none from a folder's name. */
function requireNames(out: string, partitionBy: readonly string[], rows: RowsOfOneKind["rows"]): void {
  for (const key of partitionBy) {
    const row = rows.find(({ [key]: value }) => typeof value === "string" && NO_VALUE.test(value));
    if (row === undefined) continue;
    const message = `${out} can't have folders by ${key}: its value ${JSON.stringify(row[key])} would be read as none.`;
    throw new LogError(message, { path: out });
  }
}

const NO_VALUE = /^(null|__HIVE_DEFAULT_PARTITION__)$/i;

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
function requireFree(
  out: unknown,
  overwrite: boolean,
  folderOf: (path: string) => string = dirname,
): asserts out is string {
  if (typeof out !== "string" || out === "") {
    throw new OptionError("out", "must be the path of a file, or an address on S3", out);
  }
  if (isDevice(out)) return;
  if (existsSync(out) && !overwrite) {
    throw new LogError(
      `${out} exists already: replace it with --overwrite (overwrite: true), or choose another name.`,
      { path: out },
    );
  }
  written(out, () => accessSync(folderOf(resolve(out)), constants.W_OK));
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
