import { randomBytes } from "node:crypto";
import { lstatSync, realpathSync, type Stats, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** The file behind a path and its links; the path itself where nothing is there yet. */
export function placeOf(path: string): string {
  return statOf(path) === undefined ? path : realpathSync(path);
}

/** A name beside a file under which it is written before it takes its place; short, for names have a longest length. */
export function nameBeside(place: string): string {
  return join(dirname(place), `.${randomBytes(6).toString("hex")}.part`);
}

/** Whether what is there is a pipe or a socket: to open one may wait for ever, and nothing is kept in it. */
export function isPipe(path: string): boolean {
  const stat = statOf(path);
  return stat !== undefined && (stat.isFIFO() || stat.isSocket());
}

/** Whether a name is a link, whatever it leads to. */
export function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  } catch {
    return false;
  }
}

/** Whether what is there keeps no bytes that could be replaced: a device, a pipe, a socket. */
export function isDevice(path: string): boolean {
  const stat = statOf(path);
  return stat !== undefined && !stat.isFile() && !stat.isDirectory();
}

/** The permissions of a file, and those of a new one where none is there. */
export function modeOf(path: string): number {
  return (statOf(path)?.mode ?? 0o666) & 0o777;
}

/** What is at a path; undefined where nothing can be seen there. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
