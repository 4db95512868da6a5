import { createReadStream, createWriteStream } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32, createInflateRaw } from "node:zlib";
import { toldLine } from "../domain/plain-text.js";
import { ArchiveError } from "./archive-error.js";
import { type FreeBytes, watchRoom } from "./room.js";

/** A file within a zip archive. */
interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly compressedBytes: number;
  readonly bytes: number;
  readonly offset: number;
}

/**
 * Unpacks one file of a zip archive, checked against the archive's CRC-32. Inflated bytes are counted as they come: more than
 * the archive states, or than the disk has room for, is an error.
 *
 * Source: PKWARE APPNOTE 6.3.10, 4.3; stored and deflated entries, no Zip64, no encryption. Overlapping files in the archive
 * are refused, because a small archive can thereby contain many large ones (Fifield, "A better zip bomb", 2019).
 *
 * @throws ArchiveError if the archive is broken, lacks the file, or has it in an unsupported form.
 * @throws the file system's error if the file can't be written, for instance on a full disk.
 */
export async function unpack(archive: string, name: string, to: string, free?: FreeBytes): Promise<void> {
  const file = await open(archive, "r");
  try {
    const entries = await wholly(archive, readDirectory(file));
    const entry = entries.find((candidate) => candidate.name === name);
    if (entry === undefined) {
      const names = entries.slice(0, SHOWN).map((candidate) => toldLine(candidate.name));
      const more = entries.length > SHOWN ? ` and ${entries.length - SHOWN} more` : "";
      throw new ArchiveError(`${archive} has no file ${name}; it has ${names.join(", ")}${more}.`, {
        path: archive,
      });
    }
    await extract(archive, entry, await wholly(archive, dataOffset(file, entry)), to, free);
  } finally {
    await file.close();
  }
}

/** How many names of an archive are shown. */
const SHOWN = 10;
/** Enough for the names of 65,535 files. */
const MOST_DIRECTORY_BYTES = 16 * 2 ** 20;

/** The beginning of a directory entry. */
const ENTRY = 0x02014b50;

/** Reads part of an archive; a position beyond its end shows that it is cut or broken. */
async function wholly<T>(archive: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ArchiveError(`${archive} is an incomplete zip archive; fetch it again.`, {
      path: archive,
      cause,
    });
  }
}

async function readDirectory(file: FileHandle): Promise<Entry[]> {
  const { size } = await file.stat();
  const tail = await read(file, Math.max(0, size - 65_557), Math.min(size, 65_557));
  const end = tail.lastIndexOf("PK\x05\x06", undefined, "latin1");
  if (end < 0) throw new RangeError("it has no end");
  const count = tail.readUInt16LE(end + 10);
  const length = tail.readUInt32LE(end + 12);
  if (length > Math.min(size, MOST_DIRECTORY_BYTES)) throw new RangeError("its directory is too long");
  const directory = await read(file, tail.readUInt32LE(end + 16), length);
  const entries: Entry[] = [];
  for (let at = 0; entries.length < count; ) {
    if (directory.readUInt32LE(at) !== ENTRY) throw new RangeError("its directory is not where it says");
    const [name, extra, comment] = [28, 30, 32].map((field) => directory.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    entries.push({
      name: directory.toString("utf8", at + 46, at + 46 + name),
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      compressedBytes: directory.readUInt32LE(at + 20),
      bytes: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42),
    });
    at += 46 + name + extra + comment;
  }
  requireApart(entries);
  return entries;
}

/** The bytes of a local header, without its name. */
const HEADER_BYTES = 30;

function requireApart(entries: readonly Entry[]): void {
  let end = 0;
  for (const { name, offset, compressedBytes } of [...entries].sort((a, b) => a.offset - b.offset)) {
    if (offset < end) throw new RangeError("its files lie over each other");
    end = offset + HEADER_BYTES + Buffer.byteLength(name) + compressedBytes;
  }
}

/** An entry's data begin after its local header, whose lengths may differ from the directory's. */
async function dataOffset(file: FileHandle, { offset }: Entry): Promise<number> {
  const header = await read(file, offset, HEADER_BYTES);
  return offset + HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
}

async function extract(
  archive: string,
  entry: Entry,
  start: number,
  to: string,
  free: FreeBytes | undefined,
): Promise<void> {
  const { name, method, compressedBytes } = entry;
  if (method !== 0 && method !== 8) {
    throw new ArchiveError(`${archive} has ${name} compressed by method ${method}, which is not supported.`, {
      path: archive,
    });
  }
  let [crc, bytes] = [0, 0];
  const room = watchRoom(to, free);
  const check = async function* (source: AsyncIterable<Buffer>) {
    for await (const piece of source) {
      crc = crc32(piece, crc);
      bytes += piece.length;
      if (bytes > entry.bytes) throw new RangeError(`it holds more than the ${entry.bytes} bytes it says`);
      await room(piece.length);
      yield piece;
    }
  };
  const packed =
    compressedBytes === 0
      ? Readable.from([])
      : createReadStream(archive, { start, end: start + compressedBytes - 1 });
  const out = createWriteStream(`${to}.part`);
  try {
    if (method === 0) await pipeline(packed, check, out);
    else await pipeline(packed, createInflateRaw(), check, out);
  } catch (cause) {
    await rm(`${to}.part`, { force: true });
    const { code = "", message } = cause as NodeJS.ErrnoException;
    // A problem of the disk is not one of the archive.
    if (/^E[A-Z]+$/.test(code)) throw cause;
    throw new ArchiveError(`${name} can't be unpacked from ${archive}: ${message}.`, {
      path: archive,
      cause,
    });
  }
  if (crc !== entry.crc || bytes !== entry.bytes) {
    await rm(`${to}.part`, { force: true });
    throw new ArchiveError(`${name} in ${archive} is broken: its checksum is wrong; fetch it again.`, {
      path: archive,
    });
  }
  await rename(`${to}.part`, to);
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
