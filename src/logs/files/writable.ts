import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { FileHeld, openLocked } from "../../disk/open-file.js";
import { isDevice, isLink, isPipe, whyNotWritten } from "../../disk/written-file.js";
import { LogError } from "../../domain/errors/errors.js";
import { isRemote } from "../duckdb/copies.js";
import type { IfExists } from "./log-file.js";

/**
 * Refuses a log that could not be opened, before a long preparation is in vain; nothing is made.
 *
 * @throws LogError as `openRunLog`.
 */
export function requireWritable(path: string, ifExists: IfExists): void {
  const exists = existsSync(path);
  if ((exists || isLink(path)) && ifExists.resume !== true && ifExists.overwrite !== true)
    throw existsAlready(path);
  requireNoPipe(path);
  requireNoAddress(path);
  try {
    accessSync(exists ? path : folderOf(path), constants.W_OK);
    if (!exists || isDevice(path)) return;
    if (statSync(path).isDirectory()) throw Object.assign(new Error(), { code: "EISDIR" });
    // Its folder too: the new log replaces the old one there, and the manifest is written beside it.
    accessSync(dirname(resolve(path)), constants.W_OK);
    closeSync(openLocked(path, constants.O_WRONLY | constants.O_APPEND));
  } catch (cause) {
    throw unopened(path, cause);
  }
}

/**
 * Refuses a log as {@link requireWritable} does, and a file that is no log where one is to be replaced: a mistyped path must
 * not destroy a text or a table.
 *
 * @throws LogError
 */
export function requireLogWritable(path: string, ifExists: IfExists): void {
  requireWritable(path, ifExists);
  if (ifExists.overwrite === true && !isLogLike(path)) {
    throw new LogError(
      `${path} is not replaced, because it is no log (it does not begin with a JSON object): choose another name, or delete it.`,
      { path },
    );
  }
}

/** Whether a file is empty, is packed, or begins as a log does; a file that is not there, or a device, has nothing to lose. */
function isLogLike(path: string): boolean {
  if (!existsSync(path) || isDevice(path)) return true;
  const head = Buffer.alloc(4_096);
  const file = openForReading(path);
  try {
    const bytes = head.subarray(0, readSync(file, head, 0, head.length, 0));
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return isGzip || /^\ufeff?\s*(\{|$)/.test(bytes.toString("utf8"));
  } finally {
    closeSync(file);
  }
}

function openForReading(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    throw unopened(path, cause);
  }
}

/**
 * Refuses a pipe as a log, before it is opened.
 *
 * @throws LogError
 */
export function requireNoPipe(path: string): void {
  if (!isPipe(path)) return;
  throw new LogError(`${path} is a pipe, which keeps nothing: choose a file as the log.`, { path });
}

/** Refuses `gs://bucket/log` and a mistyped `s3:/bucket/log`, which would be written into a folder of this machine named `gs:`. */
export function requireNoAddress(path: string): void {
  // A single letter is a drive on Windows.
  const begin = /^([a-z][a-z\d+.-]+:)[\\/]/i.exec(path)?.[1];
  if (begin === undefined || isRemote(path) || existsSync(begin)) return;
  const message = `Can't write ${path}: it is neither a path on this machine nor an address such as s3://bucket/run/load.jsonl.`;
  throw new LogError(message, { path });
}

/** The nearest folder above a file that is there; the folders below it are made when the file is. */
export function folderOf(path: string): string {
  let folder = dirname(resolve(path));
  while (!existsSync(folder)) folder = dirname(folder);
  if (statSync(folder).isDirectory()) return folder;
  throw Object.assign(new Error(`${folder} is a file`), { code: "ENOTDIR" });
}

/** The error for a log that can't be opened. */
export function unopened(path: string, cause: unknown): LogError {
  if (cause instanceof FileHeld) {
    return new LogError(
      `${path} is being written by another run: wait for it to end, or choose another name. Nothing was changed.`,
      { path, cause },
    );
  }
  if ((cause as NodeJS.ErrnoException).code === "EEXIST" && (existsSync(path) || isLink(path)))
    return existsAlready(path, cause);
  return new LogError(`Can't open ${path} for writing: ${whyNotWritten(cause)}.`, { path, cause });
}

function existsAlready(path: string, cause?: unknown): LogError {
  const what = existsSync(path)
    ? "exists already: continue it with --resume (resume: true), replace it with --overwrite (overwrite: true),"
    : "is a link to a file that does not exist: create that file with --overwrite (overwrite: true)";
  return new LogError(`${path} ${what} or choose another name.`, { path, cause });
}
