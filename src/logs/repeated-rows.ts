import { withoutOrigin } from "./log-origin.js";
import type { LogProblem } from "./problem.js";
import type { LabelledFile } from "./sources.js";

/** The rows that one file gave, by their places among all rows. */
export interface ReadRows extends LabelledFile {
  readonly start: number;
  /** The place after the last. */
  readonly end: number;
  /** The keys its lines had. */
  readonly keys: ReadonlySet<string>;
}

/**
 * The rows without those that stand there already: a merged log read beside its parts, or a log appended to itself,
 * would count every request twice, which leaves the medians as they are and makes the intervals too narrow.
 *
 * A row is repeated when every key of it is; a label that is only a file's name does not tell it from its copy. One
 * row that a file holds several times is kept: only where two different rows come again was a log appended to itself.
 * Rows are compared only where some stamp occurs twice, so that logs without repetition cost one sorting of numbers.
 */
export function withoutRepeatedRows<R extends { readonly label: string | null }>(
  rows: R[],
  files: readonly ReadRows[],
  stampOf: (row: R) => number | null,
  report: (problem: LogProblem) => void,
): R[] {
  const suspects = repeatedStamps(rows, stampOf);
  if (suspects.size === 0) return rows;
  const isSuspect = (row: R): boolean => suspects.has(stampOf(row)!);
  const copied = copiedFiles(rows, files, isSuspect);
  if (copied.size === 0) return rows;

  const seen = new Map<string, ReadRows>();
  return files.flatMap((file) => {
    const repeatedIn = new Map<ReadRows, number>();
    const kept = rows.slice(file.start, file.end).filter((row) => {
      const text = textOf(row, file);
      const earlier = seen.get(text);
      if (earlier === undefined) seen.set(text, file);
      if (earlier === undefined || !copied.get(earlier)?.has(file)) return true;
      // Within one file, rounded numbers may be equal by chance.
      if (earlier === file && stampOf(row) !== null && !isSuspect(row)) return true;
      repeatedIn.set(earlier, (repeatedIn.get(earlier) ?? 0) + 1);
      return false;
    });
    for (const [earlier, count] of repeatedIn) report(repeated(file, earlier, count));
    return kept;
  });
}

function repeated(file: ReadRows, earlier: ReadRows, count: number): LogProblem {
  const message =
    earlier === file
      ? `${file.path}: ${count} rows stand in it twice, as when a log was appended to itself; they were counted once.`
      : file.label === null
        ? `${file.path}: ${count} rows stand in ${earlier.path} too; they were counted once, as of that log.`
        : `${file.path}: ${count} rows stand in ${earlier.path} too, under the same label; they were counted once.`;
  return { path: file.path, line: null, kind: "repeated rows", message };
}

/** The stamps that occur more than once. Short numbers are rounded, and may be equal by chance. */
function repeatedStamps<R>(rows: readonly R[], stampOf: (row: R) => number | null): ReadonlySet<number> {
  const stamps = new Float64Array(rows.length);
  let count = 0;
  for (const row of rows) {
    const stamp = stampOf(row);
    if (stamp !== null) stamps[count++] = stamp;
  }
  const ascending = stamps.subarray(0, count).sort();
  const repeated = new Set<number>();
  for (let i = 1; i < count; i++) {
    const stamp = ascending[i]!;
    if (stamp === ascending[i - 1] && !repeated.has(stamp) && String(stamp).length > 8) repeated.add(stamp);
  }
  return repeated;
}

/** Which file's rows come again in which files. */
function copiedFiles<R extends { readonly label: string | null }>(
  rows: readonly R[],
  files: readonly ReadRows[],
  isSuspect: (row: R) => boolean,
): ReadonlyMap<ReadRows, ReadonlySet<ReadRows>> {
  const firstIn = new Map<string, ReadRows>();
  const copied = new Map<ReadRows, Set<ReadRows>>();
  for (const file of files) {
    const withinFile = new Set<string>();
    const mark = (earlier: ReadRows) => copied.set(earlier, (copied.get(earlier) ?? new Set()).add(file));
    for (const row of rows.slice(file.start, file.end)) {
      if (!isSuspect(row)) continue;
      const text = textOf(row, file);
      const earlier = firstIn.get(text);
      if (earlier === undefined) firstIn.set(text, file);
      else if (earlier !== file) mark(earlier);
      else if (withinFile.add(text).size === 2) mark(file);
    }
  }
  return copied;
}

function textOf<R extends { readonly label: string | null }>(row: R, { label, name }: LabelledFile): string {
  const record = withoutOrigin(row);
  return JSON.stringify(label === null && row.label === name ? { ...record, label: null } : record);
}
