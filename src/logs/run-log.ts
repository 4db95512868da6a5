import {
  accessSync,
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { LogError } from "../domain/errors.js";
import { readJsonl } from "./jsonl.js";

/** What to do when the log exists already: refuse it (the default), continue it, or start it anew. */
export type IfExists =
  | { readonly resume?: false; readonly overwrite?: false }
  | { readonly resume: true; readonly overwrite?: false }
  | { readonly overwrite: true; readonly resume?: false };

/** An open append-only JSONL log. */
export interface RunLog<R> {
  readonly path: string;
  /** The records found on resuming; empty otherwise. */
  readonly earlier: readonly R[];
  /**
   * Writes one record: when it returns, its line is with the operating system, where a crash of this process can't lose
   * it.
   *
   * @throws LogError when it can't be written whole (a full disk); the log then ends with the last whole line.
   */
  append(record: R): void;
  /** Writes records as one: all of them, or none. */
  appendAll(records: readonly R[]): void;
  /** Flushes to the disk and closes; closing twice is harmless. */
  close(): void;
}

/**
 * Opens a log for one run, making its directories where they are missing.
 *
 * Resuming reads the earlier records with `parse`. A last line cut by a crash is moved to `<path>.cut` first, so
 * that the log holds whole lines only and nothing is lost.
 *
 * @throws LogError when the log exists and neither `resume` nor `overwrite` was asked for, when it can't be written,
 * or when it is to be resumed and holds a bad line.
 */
export function openRunLog<R>(path: string, ifExists: IfExists, parse: (value: unknown) => R): RunLog<R> {
  const earlier: R[] = [];
  if (ifExists.resume === true && existsSync(path)) mendAndRead(path, parse, earlier);
  let file: number | null = open(path, ifExists);
  let kept = earlier.length;

  const appendAll = (records: readonly R[]): void => {
    if (file === null) throw new LogError(`${path} is closed; nothing more can be written to it.`, { path });
    const start = fstatSync(file).size;
    try {
      // Lines of a million records are longer together than a text may be.
      for (let from = 0; from < records.length; from += WRITTEN_AT_ONCE) {
        writeLines(file, records.slice(from, from + WRITTEN_AT_ONCE));
      }
    } catch (cause) {
      const repaired = truncateBack(file, start);
      throw new LogError(
        `Can't write to ${path}: ${reasonOf(cause)}. ${
          repaired
            ? `The ${kept} ${kept === 1 ? "record" : "records"} before are whole and kept there`
            : `The ${kept} records before are kept there, followed by part of a line`
        }; make room and continue with resume.`,
        { path, cause },
      );
    }
    kept += records.length;
  };

  return {
    path,
    earlier,
    append: (record) => appendAll([record]),
    appendAll,
    close() {
      if (file === null) return;
      const closing = file;
      file = null;
      try {
        fsyncSync(closing);
      } catch {
        // A pipe or a device can't be flushed, and needs no flushing.
      }
      closeSync(closing);
    },
  };
}

const WRITTEN_AT_ONCE = 10_000;

function writeLines(file: number, records: readonly unknown[]): void {
  const lines = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  for (let written = 0; written < lines.length; ) written += writeSync(file, lines, written);
}

/**
 * Refuses a log that could not be opened, before a long preparation is in vain; nothing is made.
 *
 * @throws LogError as {@link openRunLog}.
 */
export function requireWritable(path: string, ifExists: IfExists): void {
  refuseExisting(path, ifExists);
  try {
    accessSync(existsSync(path) ? path : folderOf(path), constants.W_OK);
    if (existsSync(path) && statSync(path).isDirectory())
      throw Object.assign(new Error(), { code: "EISDIR" });
  } catch (cause) {
    throw unopened(path, cause);
  }
}

/** The nearest folder above a file that is there; the folders below it are made when the file is. */
function folderOf(path: string): string {
  let folder = dirname(resolve(path));
  while (!existsSync(folder)) folder = dirname(folder);
  if (statSync(folder).isDirectory()) return folder;
  throw Object.assign(new Error(`${folder} is a file`), { code: "ENOTDIR" });
}

/**
 * Refuses a log that is there already and neither to be resumed nor overwritten, before a long preparation is in vain.
 *
 * @throws LogError
 */
export function refuseExisting(path: string, ifExists: IfExists): void {
  if (ifExists.resume !== true && ifExists.overwrite !== true && existsSync(path)) throw existsAlready(path);
}

function existsAlready(path: string, cause?: unknown): LogError {
  return new LogError(
    `${path} exists already: continue it with resume, replace it with overwrite, or choose another name.`,
    { path, cause },
  );
}

function open(path: string, ifExists: IfExists): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_TRUNC } = constants;
  const rule = ifExists.resume === true ? 0 : ifExists.overwrite === true ? O_TRUNC : O_EXCL;
  try {
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, O_WRONLY | O_APPEND | O_CREAT | rule, 0o666);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST" && existsSync(path))
      throw existsAlready(path, cause);
    throw unopened(path, cause);
  }
}

function unopened(path: string, cause: unknown): LogError {
  return new LogError(`Can't open ${path} for writing: ${reasonOf(cause)}.`, { path, cause });
}

/** Reads the earlier records and leaves the file ending in a newline. */
function mendAndRead<R>(path: string, parse: (value: unknown) => R, earlier: R[]): void {
  const { tail, wholeBytes, isPlain } = readJsonl(path, parse, (record) => earlier.push(record));
  if (!isPlain) {
    throw new LogError(`${path} is packed, so that nothing can be added to it: unpack it first (gunzip).`, {
      path,
    });
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
    throw new LogError(`Can't mend the last line of ${path}: ${reasonOf(cause)}.`, { path, cause });
  }
}

/** Takes off what was written of a line; false where that is impossible, as on a pipe or a device. */
function truncateBack(file: number, size: number): boolean {
  try {
    if (fstatSync(file).size > size) ftruncateSync(file, size);
    return true;
  } catch {
    return false;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file has reached the largest size allowed",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  EISDIR: "it is a directory",
  EEXIST: "a part of the path is a file, not a directory",
  ENOTDIR: "a part of the path is a file, not a directory",
};

export function reasonOf(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  return REASONS[code] ?? (cause as Error).message;
}
