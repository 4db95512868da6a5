import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** Bytes that are read where they are needed, such as a file's, so that a large one is never in memory as a whole. */
export interface ByteSource {
  readonly size: number;
  /** A copy of `length` bytes from `start` on; throws when they are not all there. */
  read(start: number, length: number): Uint8Array;
  /** Fills `bytes` with those from `start` on; throws when they are not all there. */
  readInto(bytes: Uint8Array | Int8Array, start: number): void;
}

/** A file that was opened for reading. */
export interface OpenFile extends ByteSource {
  close(): void;
}

const MOST_AT_ONCE = 2 ** 30;

/**
 * Opens a file without ever waiting: a pipe may never get a writer.
 *
 * @throws Node's error when it can't be opened; a plain Error for a pipe, a device or a folder.
 */
export function openFile(path: string): OpenFile {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  const stat = fstatSync(file);
  if (!stat.isFile()) {
    closeSync(file);
    throw new Error("it is not a regular file");
  }
  const { size } = stat;
  const readInto = (bytes: Uint8Array | Int8Array, start: number): void => {
    const { length } = bytes;
    requireInside(start, length, size);
    for (let done = 0; done < length; ) {
      const count = readSync(file, bytes, done, Math.min(MOST_AT_ONCE, length - done), start + done);
      if (count === 0) throw new Error(`it ends at byte ${start + done}`);
      done += count;
    }
  };
  return {
    size,
    read(start, length) {
      requireInside(start, length, size);
      const bytes = new Uint8Array(length);
      readInto(bytes, start);
      return bytes;
    },
    readInto,
    close: () => closeSync(file),
  };
}

/** The whole text of a file, with the rules of {@link openFile}. */
export function readText(path: string): string {
  const file = openFile(path);
  try {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(file.read(0, file.size));
  } finally {
    file.close();
  }
}

/** Bytes that are in memory already. */
export function bytesInMemory(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read(start, length) {
      requireInside(start, length, bytes.length);
      return bytes.slice(start, start + length);
    },
    readInto(into, start) {
      requireInside(start, into.length, bytes.length);
      into.set(bytes.subarray(start, start + into.length));
    },
  };
}

function requireInside(start: number, length: number, size: number): void {
  if (start + length <= size) return;
  throw new Error(
    `it is truncated: it has ${size} bytes, and bytes ${start} to ${start + length} are needed`,
  );
}
