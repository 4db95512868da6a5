import { spawnSync } from "node:child_process";
import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from "node:fs";

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

/** Another process, or another part of this one, has locked the file. */
export class FileHeld extends Error {
  override readonly name = "FileHeld";
}

/**
 * Opens a file and locks it until it is closed, if only by the end of the process, however that ends.
 *
 * The lock is the kernel's own (`flock`), which Node does not offer: macOS takes it on opening; on Linux the program `flock`
 * takes it on an open file that it inherits, and leaves it there when it ends. If the file system or the machine has no such
 * lock, or the path is not a file, it is opened without a lock.
 *
 * @param flags as for `fs.openSync`, as a number.
 * @throws FileHeld; what the file system throws.
 */
export function openLocked(path: string, flags: number): number {
  for (let attempt = 1; ; attempt++) {
    const file = process.platform === "darwin" ? openOnMac(path, flags) : openOnLinux(path, flags);
    // The previous owner of the lock may have replaced the file meanwhile.
    if (!fstatSync(file).isFile() || isAt(path, file) || attempt === MOST_ATTEMPTS) return file;
    closeSync(file);
  }
}

const MOST_ATTEMPTS = 5;

/** Whether a path still leads to an open file. */
export function isAt(path: string, file: number): boolean {
  const there = statSync(path, { throwIfNoEntry: false, bigint: true });
  const own = fstatSync(file, { bigint: true });
  if (there === undefined || own.nlink === 0n) return false;
  // Some network file systems renumber files; no other file has the same size and the same time to the nanosecond.
  const isNumbered = there.ino === own.ino && there.dev === own.dev;
  return isNumbered || (there.size === own.size && there.mtimeNs === own.mtimeNs);
}

/** From macOS's `fcntl.h`; Node has no name for it. */
const O_EXLOCK = 0x20;

function openOnMac(path: string, flags: number): number {
  try {
    return openSync(path, flags | O_EXLOCK | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EAGAIN") throw new FileHeld(path);
    if (code === "ENOTSUP" || code === "EOPNOTSUPP") return openSync(path, flags & ~constants.O_EXCL);
    throw cause;
  }
}

function openOnLinux(path: string, flags: number): number {
  const file = openSync(path, flags, 0o666);
  if (!fstatSync(file).isFile()) return file;
  const { status, stderr } = spawnSync("flock", ["-x", "-n", "3"], {
    stdio: ["ignore", "ignore", "pipe", file],
  });
  // It prints nothing if another process has the lock, but reports every other problem.
  if (status !== 1 || stderr.length > 0) return file;
  closeSync(file);
  throw new FileHeld(path);
}
