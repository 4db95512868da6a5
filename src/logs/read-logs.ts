import { setImmediate } from "node:timers/promises";
import { OptionError } from "../domain/errors/errors.js";
import { plainLine } from "../domain/plain-text.js";
import { type Columns, olderKeys } from "../domain/records/column.js";
import type { LogOrigin } from "../domain/records/log-origin.js";
import { copiesOf } from "./duckdb/fetched-copies.js";
import { isParquet } from "./duckdb/parquet.js";
import { requireRoomFor } from "./duckdb/parquet-rows.js";
import type { ReadOptions } from "./files/jsonl.js";
import { emptyFile, type LogProblem, summaryOf } from "./files/problem.js";
import { readRecords } from "./files/read-records.js";
import { shardPlaceOf } from "./files/shard-log.js";
import { filesOf, type LabelledFile, type LogSources, requireEveryLabel } from "./files/sources.js";
import { foreignReader, type WithForeign } from "./foreign-reader.js";
import { foreignRows } from "./foreign-rows.js";
import { onlyLogs } from "./found-logs.js";
import { knownLines } from "./known-lines.js";
import { labelOf, originOf } from "./log-origin.js";
import { keysSeen, mixedSchemas } from "./mixed-schemas.js";

import type { RecordKind } from "./record-kind.js";
import type { RecordParser } from "./records/record-parser.js";
import { type ReadRows, withoutRepeatedRows } from "./repeated-rows.js";
import { type CellOf, CellsFound, type PartialRun, partialRuns, partsOfRuns } from "./whole-runs.js";

/** A run whose parts had servers of their own has no one server, and is one run all the same. */
function forgetOwnServers(rows: readonly LogOrigin[], parts: readonly ReadRows[]): void {
  const ofRun = parts.map(({ start, end }) => rows.slice(start, end));
  if (new Set(ofRun.map(([first]) => first?.log_server ?? null)).size < 2) return;
  for (const part of ofRun) for (const row of part) Object.assign(row, { log_server: null });
}

/** Notes on the rows of a run that is not whole how much of it is missing. */
function markPartial(rows: readonly LogOrigin[], { files, missing, planned }: PartialRun<ReadRows>): void {
  for (const { start, end } of files)
    for (let place = start; place < end; place++)
      Object.assign(rows[place]!, { missing_cells: missing, planned_cells: planned });
}

/** How the rows of one kind of log are made and distinguished. */
export interface RowKind<R extends { readonly label: string | null }> {
  /** As what the requests of other tools are read. */
  readonly kind: RecordKind;
  readonly columns: Columns;
  /** The parser for the lines of one file. */
  readonly parserFor: (file: LabelledFile) => RecordParser<R>;
  /** Where a row stands in the plan of its run; left out of kinds that are not measured in parts. */
  readonly place?: CellOf<R>;
  /** A measured number that two requests can hardly share, such as a TTFT; null where a row has none. */
  readonly fingerprintOf: (row: R) => number | null;
}

/**
 * Reads the logs of `sources` one after the other and returns their rows in that order, each with where it was read
 * from.
 *
 * @throws LogError for a file that can't be read, a glob without a match, a label without a record,
 * or (unless skipped) a bad line.
 */
export async function readLogs<R extends { readonly label: string | null }>(
  sources: LogSources,
  { kind, columns, parserFor, place, fingerprintOf }: RowKind<R>,
  {
    onBadLine = "throw",
    onProblem,
    allowPartial = false,
    foreign: readForeign = foreignReader(),
  }: ReadOptions & WithForeign,
): Promise<(R & LogOrigin)[]> {
  if (onBadLine !== "throw" && onBadLine !== "skip") {
    throw new OptionError("onBadLine", 'must be "throw" or "skip"', onBadLine);
  }
  const problems: LogProblem[] = [];
  const report = onProblem ?? ((problem) => problems.push(problem));
  const rows: (R & LogOrigin)[] = [];
  const files: ReadRows[] = [];
  let release = (): void => {};
  try {
    const named = await filesOf(sources, report);
    release = await copiesOf(named);
    await requireRoomFor(named.map(({ path }) => path).filter(isParquet));
    for (const file of await onlyLogs(named, kind, report, readForeign)) {
      const start = rows.length;
      const parse = parserFor(file);
      const foreign = readForeign(file.path, { onBadLine, onProblem: report });
      if (foreign !== null) {
        for (const row of foreignRows(file, foreign, kind, parse, { onBadLine, onProblem: report }))
          rows.push(row);
        if (rows.length > start) files.push({ ...file, start, end: rows.length, keys: null });
        else if (foreign.totals.length === 0) report(emptyFile(file.path));
        await setImmediate();
        continue;
      }
      const withOrigin = originOf(file);
      const seen = keysSeen(olderKeys(columns));
      const read = (value: unknown): R & LogOrigin => {
        const own = labelOf(value);
        const row = parse(value);
        seen.add(value as object);
        return withOrigin(row, own);
      };
      const known = knownLines(file, parse, seen, (row) => rows.push(row));
      await readRecords(file.path, read, (row) => rows.push(row), { onBadLine, onProblem: report }, known);
      if (rows.length > start) files.push({ ...file, start, end: rows.length, keys: seen.keys });
      else if (shardPlaceOf(file.path) === null) report(emptyFile(file.path));
      // Between two files the notebook may draw and the user may interrupt.
      await setImmediate();
    }
    requireEveryLabel(named, files);
    for (const parts of partsOfRuns(files)) if (parts.length > 1) forgetOwnServers(rows, parts);
    if (place !== undefined) {
      const cellsOf = ({ start, end }: ReadRows): CellsFound<R> => {
        const found = new CellsFound(place);
        for (let at = start; at < end; at++) found.add(rows[at]!);
        return found;
      };
      for (const run of partialRuns(files, cellsOf, { allowPartial, report })) markPartial(rows, run);
    }
    for (const problem of mixedSchemas(files)) report(problem);
    return withoutRepeatedRows(rows, files, fingerprintOf, report);
  } finally {
    release();
    for (const line of summaryOf(problems)) console.warn(plainLine(line));
  }
}
