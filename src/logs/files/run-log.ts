import { appendFileSync, readFileSync, truncateSync } from "node:fs";
import { whyNotWritten } from "../../disk/written-file.js";
import { LogError } from "../../domain/errors/errors.js";
import { readJsonl } from "./jsonl.js";
import { type IfExists, LogFile, linesOf } from "./log-file.js";
import { LineSum, type WrittenLines } from "./manifest.js";
import { rescue } from "./rescue.js";
import { requireNoPipe, unopened } from "./writable.js";

/** An open append-only JSONL log. */
export interface RunLog<R> {
  readonly path: string;
  /** The records found on resuming; empty otherwise. */
  readonly earlier: readonly R[];
  /**
   * Writes one record: when it returns, its line is with the operating system, where a crash of this process can't lose
   * it.
   *
   * @throws LogError when it can't be written whole (a full disk); the log then ends with the last whole line. LogError,
   * too, when others have deleted, replaced or changed the log; all records are then written to another place, which the
   * message names.
   */
  append(record: R): void;
  /** Writes records as one: all of them, or none. */
  appendAll(records: readonly R[]): void;
  /** What this run has written so far; null where that is nothing, or is in another place now. */
  written(): WrittenLines | null;
  /**
   * Flushes to the disk and closes; closing twice is harmless.
   *
   * @throws LogError where others have deleted, replaced or changed the log since the last record, as `append` does.
   */
  close(): void;
}

/**
 * Opens a log for one run, making its directories where they are missing. No other run can open it until it is closed.
 *
 * Resuming reads the earlier records with `parse`. A last line cut by a crash is moved to `<path>.cut` first, so that the log
 * contains only complete lines and nothing is lost. A log that is to be replaced is kept until the first record is written.
 *
 * @param writeManifest writes the manifest of the run beside a log: called with the log's path when the first record is written,
 * and with another where the records had to be kept elsewhere.
 * @throws LogError when the log exists and neither `resume` nor `overwrite` was asked for, when it can't be written or is
 * being written by another run, or when it is to be resumed and holds a bad line.
 */
export function openRunLog<R>(
  path: string,
  ifExists: IfExists,
  parse: (value: unknown) => R,
  writeManifest: (path: string) => void = () => {},
): RunLog<R> {
  const earlier: R[] = [];
  let file: LogFile | null = openFile(path, ifExists);
  try {
    if (ifExists.resume === true) {
      mendAndRead(path, parse, earlier);
      file.remeasure();
    }
  } catch (cause) {
    file.close();
    throw cause;
  }
  const records = [...earlier];
  let sum = new LineSum(file.size);

  /** Ends the run where others have touched its log, with all records, those too that were to be written now. */
  const requireUntouched = (open: LogFile, more: readonly R[]): void => {
    const meddling = open.meddling();
    if (meddling === null) return;
    file = null;
    open.close();
    sum = new LineSum(0);
    const all = [...records, ...more];
    if (all.length > 0) throw rescue(path, meddling, all, writeManifest);
  };

  const appendAll = (more: readonly R[]): void => {
    if (file === null) throw new LogError(`${path} is closed; nothing more can be written to it.`, { path });
    if (more.length === 0) return;
    requireUntouched(file, more);
    const next = sum.copy();
    const isFirst = sum.isEmpty;
    try {
      file.write(next.adding(linesOf(more)), () => {
        if (isFirst) writeManifest(path);
      });
    } catch (cause) {
      throw cause instanceof LogError ? cause : unwritten(file, path, records.length, cause);
    }
    sum = next;
    for (const record of more) records.push(record);
  };

  return {
    path,
    earlier,
    append: (record) => appendAll([record]),
    appendAll,
    written: () => sum.total,
    close() {
      if (file === null) return;
      requireUntouched(file, []);
      file?.close();
      file = null;
    },
  };
}

function openFile(path: string, ifExists: IfExists): LogFile {
  requireNoPipe(path);
  try {
    return new LogFile(path, ifExists);
  } catch (cause) {
    throw unopened(path, cause);
  }
}

function unwritten(file: LogFile, path: string, count: number, cause: unknown): LogError {
  const records = `The ${count} ${count === 1 ? "record" : "records"} before are`;
  const left = file.replaces
    ? "The existing log is unchanged; free some disk space and start again."
    : `${
        file.isWhole ? `${records} whole and kept there` : `${records} kept there, followed by part of a line`
      }; free some disk space and continue with --resume (resume: true).`;
  return new LogError(`Can't write to ${path}: ${whyNotWritten(cause)}. ${left}`, { path, cause });
}

/** Reads the earlier records and leaves the file ending in a newline. */
function mendAndRead<R>(path: string, parse: (value: unknown) => R, earlier: R[]): void {
  const { tail, wholeBytes, isPlain } = readJsonl(path, parse, (record) => earlier.push(record));
  if (!isPlain) {
    throw new LogError(
      `${path} is compressed, so nothing can be appended to it: decompress it first (gunzip).`,
      {
        path,
      },
    );
  }
  try {
    if (tail === "record") appendFileSync(path, "\n");
    if (tail === "cut") {
      appendFileSync(
        `${path}.cut`,
        Buffer.concat([readFileSync(path).subarray(wholeBytes), Buffer.from("\n")]),
      );
      truncateSync(path, wholeBytes);
    }
  } catch (cause) {
    throw new LogError(`Can't repair the last line of ${path}: ${whyNotWritten(cause)}.`, { path, cause });
  }
}
