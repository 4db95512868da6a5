import { closeSync, fstatSync, readFileSync, readSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { openFile, whyUnreadable } from "../../disk/open-file.js";
import { LogError } from "../../domain/errors/errors.js";
import { copyOf } from "../duckdb/copies.js";

/** The bytes of a log, one stretch after the other. */
export interface LogBytes {
  /** How many there are, about. */
  readonly size: number;
  /** False where the file's own bytes are others, so that no line can be added to it. */
  readonly isPlain: boolean;
  /** Fills a buffer from `offset` on; gives how many bytes came, 0 at the end. */
  read(buffer: Buffer, offset: number): number;
  close(): void;
}

const UTF16 = "UTF-16 (its first bytes say so); save it as UTF-8";
const UTF32 = UTF16.replace("16", "32");

/** What a file is that begins so; it can't be read as it is. */
const FOREIGN: readonly (readonly [begin: RegExp, is: string])[] = [
  [/^(\xff\xfe\0\0|\0\0\xfe\xff|[[{\s]\0\0\0|\0\0\0[[{\s])/, UTF32],
  [/^(\xff\xfe|\xfe\xff)/, UTF16],
  // In UTF-16, every other byte of an ASCII text is 0.
  [/^([[{\s]\0[^\0]\0|\0[[{\s]\0[^\0])/, UTF16],
  [/^\x28\xb5\x2f\xfd/, "a Zstandard file; unpack it first (zstd -d)"],
  [/^\xfd7zXZ/, "an xz file; unpack it first (xz -d)"],
  [/^BZh/, "a bzip2 file; unpack it first (bzip2 -d)"],
  [/^PK/, "a zip archive; unpack it first"],
];

const LONGEST_BEGIN = 5;

/** What is unpacked is held in memory; a plain file of any size is read line by line. */
const MOST_UNPACKED_BYTES = 512 * 2 ** 20;

/**
 * Opens a log by its content, whatever its name: a gzip file gives what is packed in it, all of it in memory.
 *
 * @throws LogError when the file can't be read, or is UTF-16 or UTF-32, or packed twice or in another way.
 */
export function openBytes(path: string): LogBytes {
  const file = open(path);
  try {
    const begin = beginOf(file);
    if (isPacked(begin, path)) {
      const content = unpacked(path, Buffer.concat([begin, readFileSync(file)]));
      closeSync(file);
      return inMemory(content);
    }
    const first = inMemory(begin);
    return {
      size: fstatSync(file).size,
      isPlain: true,
      read: (buffer, offset) =>
        first.read(buffer, offset) || readSync(file, buffer, offset, buffer.length - offset, null),
      close: () => closeSync(file),
    };
  } catch (cause) {
    closeSync(file);
    throw cause instanceof LogError ? cause : unreadable(path, cause);
  }
}

/** What {@link openBytes} gives, of a log that is in memory already. */
export function bytesOf(path: string, content: Uint8Array): LogBytes {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
  return inMemory(isPacked(bytes, path) ? unpacked(path, bytes) : bytes);
}

/** Whether bytes begin as a gzip file. */
function isPacked(bytes: Buffer, path: string, name = path): boolean {
  const begin = bytes.toString("latin1", 0, LONGEST_BEGIN);
  const foreign = FOREIGN.find(([mark]) => mark.test(begin));
  if (foreign !== undefined) throw new LogError(`${name} is ${foreign[1]}.`, { path });
  return begin.startsWith("\x1f\x8b");
}

function inMemory(content: Buffer): LogBytes {
  let at = 0;
  return {
    size: content.length,
    isPlain: false,
    read: (buffer, offset) => {
      const copied = content.copy(buffer, offset, at);
      at += copied;
      return copied;
    },
    close: () => {},
  };
}

/** The first bytes, read on from there: a pipe can't be read twice. */
function beginOf(file: number): Buffer {
  const begin = Buffer.alloc(LONGEST_BEGIN);
  let length = 0;
  for (let read = -1; read !== 0 && length < begin.length; length += read) {
    read = readSync(file, begin, length, begin.length - length, null);
  }
  return begin.subarray(0, length);
}

function unpacked(path: string, packed: Buffer): Buffer {
  const content = gunzipped(path, packed);
  if (isPacked(content, path, `The content of ${path}`)) {
    throw new LogError(`${path} is compressed twice; decompress it once first (gunzip).`, { path });
  }
  return content;
}

function gunzipped(path: string, packed: Buffer): Buffer {
  try {
    return gunzipSync(packed, { maxOutputLength: MOST_UNPACKED_BYTES });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      const most = `${MOST_UNPACKED_BYTES / 2 ** 20} MB`;
      throw new LogError(
        `${path} unpacks to more than ${most}: unpack it first (gunzip), and give the file.`,
        { path, cause },
      );
    }
    throw new LogError(`${path} is a broken gzip file: ${(cause as Error).message}.`, { path, cause });
  }
}

function open(path: string): number {
  try {
    return openFile(copyOf(path));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): LogError {
  const folder = `it is a directory; to read the logs in it, give "${path.replace(/\/$/, "")}/*.jsonl"`;
  const reason = whyUnreadable(cause, folder);
  return new LogError(`Can't read ${path}: ${reason}.`, { path, cause });
}
