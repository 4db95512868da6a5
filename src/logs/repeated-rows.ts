import { type LogProblem, rowsTwice } from "./files/problem.js";
import type { LabelledFile } from "./files/sources.js";
import { Fingerprints, isOneRequest } from "./fingerprints.js";
import { withoutOrigin } from "./log-origin.js";

/** The rows that one file gave, by their places among all rows. */
export interface ReadRows extends LabelledFile {
  readonly start: number;
  /** The place after the last. */
  readonly end: number;
  /** The keys its lines had; null of another tool's file, which has other keys by nature. */
  readonly keys: ReadonlySet<string> | null;
}

/** What distinguishes two copies of a row from two requests. */
interface Row {
  readonly label: string | null;
  readonly started_at?: string | null;
}

/**
 * The rows without those that stand there already: a merged log read beside its parts, or a log appended to itself,
 * would count every request twice, which leaves the medians as they are and makes the intervals too narrow.
 *
 * A row is repeated when every key of it is; a label that is only a file's name does not distinguish it from its copy. Within
 * one file it is one request when it says to the millisecond when it began, or has a time finer than a microsecond: no two
 * requests share those. Rows that say neither, as with rounded times in logs of others, may be two requests and are kept,
 * unless two different rows come again: then a log was appended to itself. Rows are compared only where some fingerprint
 * occurs twice or is lacking, so that logs without repetition cost one sorting of numbers.
 */
export function withoutRepeatedRows<R extends Row>(
  rows: R[],
  files: readonly ReadRows[],
  fingerprintOf: (row: R) => number | null,
  report: (problem: LogProblem) => void,
): R[] {
  const all = new Fingerprints();
  for (const row of rows) {
    const fingerprint = fingerprintOf(row);
    if (fingerprint !== null) all.add(fingerprint);
  }
  const fingerprints = all.repeated();
  // Short numbers are rounded, and may be equal by chance.
  const isSuspect = (row: R): boolean => {
    const fingerprint = fingerprintOf(row);
    return fingerprint !== null && fingerprints.has(fingerprint) && String(fingerprint).length > 8;
  };
  const keyOf = (row: R): string | null => {
    const fingerprint = fingerprintOf(row);
    const mayBeTwice = fingerprint === null || fingerprints.has(fingerprint);
    return mayBeTwice && isOneRequest(row.started_at, fingerprint)
      ? `${fingerprint} ${row.started_at}`
      : null;
  };
  const twice = new Set(files.flatMap((file) => linesTwice(rows, file, keyOf)));
  const copied: Copies = fingerprints.size === 0 ? new Map() : copiedFiles(rows, files, isSuspect);
  if (copied.size === 0 && twice.size === 0) return rows;

  const seen = new Map<string, ReadRows>();
  return files.flatMap((file) => {
    const repeatedIn = new Map<ReadRows, number>();
    const drop = (earlier: ReadRows): false => {
      repeatedIn.set(earlier, (repeatedIn.get(earlier) ?? 0) + 1);
      return false;
    };
    const kept = rows.slice(file.start, file.end).filter((row) => {
      if (twice.has(row)) return drop(file);
      if (copied.size === 0) return true;
      const text = textOf(row, file);
      const earlier = seen.get(text);
      if (earlier === undefined) seen.set(text, file);
      if (earlier === undefined || !copied.get(earlier)?.has(file)) return true;
      // Within one file, rounded numbers may be equal by chance.
      if (earlier === file && fingerprintOf(row) !== null && !isSuspect(row)) return true;
      return drop(earlier);
    });
    for (const [earlier, count] of repeatedIn) report(repeated(file, earlier, count));
    return kept;
  });
}

/** The rows of a file that occur in it again. */
function linesTwice<R extends Row>(
  rows: readonly R[],
  file: ReadRows,
  keyOf: (row: R) => string | null,
): R[] {
  const keys = new Set<string>();
  const repeatedKeys = new Set<string>();
  const some: { readonly row: R; readonly key: string }[] = [];
  for (let at = file.start; at < file.end; at++) {
    const row = rows[at]!;
    const key = keyOf(row);
    if (key === null) continue;
    some.push({ row, key });
    if (keys.has(key)) repeatedKeys.add(key);
    else keys.add(key);
  }
  const texts = new Set<string>();
  return some.flatMap(({ row, key }) => {
    if (!repeatedKeys.has(key)) return [];
    const count = texts.size;
    return texts.add(JSON.stringify(row)).size === count ? [row] : [];
  });
}

function repeated(file: ReadRows, earlier: ReadRows, count: number): LogProblem {
  if (earlier === file) return rowsTwice(file.path, count);
  const [stand, counted] =
    count === 1 ? ["1 row is", "it was counted once"] : [`${count} rows are`, "they were counted once"];
  const how = file.label === null ? `; ${counted}, as of that log` : `, under the same label; ${counted}`;
  const message = `${file.path}: ${stand} in ${earlier.path} too${how}.`;
  return { path: file.path, line: null, kind: "repeated rows", message };
}

/** Which file's rows come again in which files. */
type Copies = ReadonlyMap<ReadRows, ReadonlySet<ReadRows>>;

function copiedFiles<R extends { readonly label: string | null }>(
  rows: readonly R[],
  files: readonly ReadRows[],
  isSuspect: (row: R) => boolean,
): Copies {
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
