import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

/** The path to read is not a file: a pipe, a terminal or a device may never end, and can't be read twice. */
export class NoFile extends Error {
  override readonly name = "NoFile";
}

/**
 * Opens a file for reading without ever waiting: a pipe may never get a writer.
 *
 * @throws NoFile; what the file system throws, for a folder only when it is read.
 */
export function openFile(path: string): number {
  const file = openWithoutWaiting(path);
  const stat = fstatSync(file);
  if (stat.isFile() || stat.isDirectory()) return file;
  closeSync(file);
  throw new NoFile(
    `it is ${stat.isFIFO() ? "a pipe" : stat.isSocket() ? "a socket" : "a device"}, not a file`,
  );
}

function openWithoutWaiting(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENXIO") throw new NoFile("it is a socket, not a file");
    throw cause;
  }
}

/** The content of a file, by the rules of {@link openFile}. */
export function readWhole(path: string): Buffer {
  const file = openFile(path);
  try {
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** Why a file can't be read, in words; `folder` says what to do if it is a folder. */
export function whyUnreadable(cause: unknown, folder: string): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file";
  return code === "EISDIR" ? folder : message;
}
