import { LogError } from "../domain/errors/errors.js";
import type { Columns } from "../domain/records/column.js";
import { BLEND_COLUMNS, PROXY_COLUMNS, QUALITY_COLUMNS, TTFT_COLUMNS } from "../domain/records/columns.js";
import { LOAD_COLUMNS } from "../domain/records/load-columns.js";
import type { ReadOptions } from "../logs/files/jsonl.js";
import type { LogSources } from "../logs/files/sources.js";
import { type DescribedLog, type LogsByKind, readByKind } from "../logs/read-by-kind.js";
import type { RecordKind } from "../logs/record-kind.js";

const COLUMNS: Readonly<Record<RecordKind, Columns>> = {
  ttft: TTFT_COLUMNS,
  blend: BLEND_COLUMNS,
  quality: QUALITY_COLUMNS,
  load: LOAD_COLUMNS,
  proxy: PROXY_COLUMNS,
};
const KINDS = Object.keys(COLUMNS) as readonly RecordKind[];

/** One row of any kind, whose keys are not known beforehand. */
export type AnyRow = Readonly<Record<string, unknown>>;

/** The rows of logs that are all of one kind. */
export interface RowsOfOneKind {
  readonly kind: RecordKind;
  /** Those of the kind; a row may have further keys. */
  readonly columns: Columns;
  readonly rows: readonly AnyRow[];
  readonly paths: readonly string[];
  /** The version of this package that wrote a log, by the log's path; null where no manifest says so. */
  readonly versions: ReadonlyMap<string, string | null>;
  /** What did not stop the reading. */
  readonly problems: readonly string[];
}

/**
 * Reads logs that all hold records of one kind.
 *
 * @throws LogError as `readByKind` does, and for logs of several kinds or without a record; OptionError if no source is given.
 */
export async function rowsOfOneKind(
  sources: LogSources,
  options: Required<Pick<ReadOptions, "onBadLine" | "allowPartial">>,
): Promise<RowsOfOneKind> {
  const read = await readByKind(sources, options);
  const problems = read.problems.map(({ message }) => message);
  const [kind, ...others] = KINDS.filter((one) => read[one].length > 0);
  const paths = read.logs.map(({ path }) => path);
  const versions = new Map(read.logs.map(({ path, manifest }) => [path, versionOf(manifest)]));
  if (kind === undefined) throw noRecord(read, problems);
  if (others.length > 0) {
    const held = read.logs.map((log) => `${log.path} holds ${log.kind} records`).join("; ");
    throw new LogError(
      `A file holds one kind of record, and these logs hold several: ${held}. Convert each kind to a file of its own.`,
      { path: paths[0]! },
    );
  }
  return {
    kind,
    columns: COLUMNS[kind],
    rows: read[kind] as unknown as readonly AnyRow[],
    paths,
    versions,
    problems,
  };
}

const versionOf = (manifest: DescribedLog["manifest"]): string | null =>
  manifest !== null && "package_version" in manifest ? manifest.package_version : null;

function noRecord({ logs, totals }: LogsByKind, problems: readonly string[]): LogError {
  const path = logs[0]?.path ?? totals[0]?.log_path ?? "";
  return new LogError(["There is no record to convert.", ...problems].join(" "), { path });
}
