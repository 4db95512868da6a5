import { randomBytes } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";

/** The file that a path and its links lead to; the path itself if nothing is there yet. */
export function placeOf(path: string): string {
  return statOf(path) === undefined ? path : realpathSync(path);
}

/**
 * A name beside a file, under which the new version is written before it replaces the file; short, because names have a
 * maximum length.
 */
export function nameBeside(place: string): string {
  return join(dirname(place), `.${randomBytes(6).toString("hex")}.part`);
}

/** Whether a path is a pipe or a socket: opening one may wait for ever, and it stores nothing. */
export function isPipe(path: string): boolean {
  const stat = statOf(path);
  return stat !== undefined && (stat.isFIFO() || stat.isSocket());
}

/** Whether a name is a link, to anything. */
export function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  } catch {
    return false;
  }
}

/** Whether a path stores no bytes that could be replaced: a device, a pipe, a socket. */
export function isDevice(path: string): boolean {
  const stat = statOf(path);
  return stat !== undefined && !stat.isFile() && !stat.isDirectory();
}

/** The permissions of a file, or those of a new file if it does not exist. */
function modeOf(path: string): number {
  return (statOf(path)?.mode ?? 0o666) & 0o777;
}

/** What is at a path; undefined if nothing can be seen there. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/**
 * Creates a folder and missing ones above it, one by one: Node's `recursive` never ends if a file system accepts no folders
 * and says that the one above is missing, as /proc does (Node 20.20).
 */
export function makeFolder(path: string): void {
  const folder = resolve(path);
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/**
 * Writes a file completely or not at all: until it is complete, its path has the old content, and of two simultaneous writers
 * one wins entirely. A link stays a link; a device is written to directly.
 *
 * @throws what the file system throws; nothing is left behind.
 * @example writeWhole("report.html", html)
 */
export function writeWhole(path: string, content: string | Uint8Array): void {
  if (isDevice(path)) {
    writeFileSync(path, content);
    return;
  }
  const place = placeOf(path);
  const part = nameBeside(place);
  try {
    writeFileSync(part, content, { flag: "wx", mode: modeOf(place) });
    renameSync(part, place);
  } catch (cause) {
    rmSync(part, { force: true });
    throw cause;
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
  ENOENT: "its folder is not there",
  ENAMETOOLONG: "its name is too long for the file system",
};

/** Why a file can't be written, in words. */
export function whyNotWritten(cause: unknown): string {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}
