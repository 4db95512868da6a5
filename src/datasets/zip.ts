import { createReadStream, createWriteStream } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32, createInflateRaw } from "node:zlib";
import { DatasetError } from "./dataset-error.js";

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
 * Unpacks one file of a zip archive, checked against the archive's CRC-32.
 *
 * Source: PKWARE APPNOTE 6.3.10, 4.3; stored and deflated entries, no Zip64, no encryption.
 *
 * @throws DatasetError when the archive is broken, has no such file, or has it in a form that is not read here.
 */
export async function unpack(archive: string, name: string, to: string): Promise<void> {
  const file = await open(archive, "r");
  try {
    const entries = await wholly(archive, readDirectory(file));
    const entry = entries.find((candidate) => candidate.name === name);
    if (entry === undefined) {
      const names = entries.map((candidate) => candidate.name).join(", ");
      throw new DatasetError(`${archive} has no file ${name}; it has ${names}.`, { path: archive });
    }
    await extract(archive, entry, await wholly(archive, dataOffset(file, entry)), to);
  } finally {
    await file.close();
  }
}

/** How an entry of the directory begins. */
const ENTRY = 0x02014b50;

/** What is read of an archive; that something lies beyond its end shows that it is cut or broken. */
async function wholly<T>(archive: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new DatasetError(`${archive} is not a whole zip archive; fetch it again.`, {
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
  if (length > size) throw new RangeError("its directory is longer than itself");
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
  return entries;
}

/** An entry's data begin behind its local header, whose lengths may differ from the directory's. */
async function dataOffset(file: FileHandle, { offset }: Entry): Promise<number> {
  const header = await read(file, offset, 30);
  return offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
}

async function extract(archive: string, entry: Entry, start: number, to: string): Promise<void> {
  const { name, method, compressedBytes } = entry;
  if (method !== 0 && method !== 8) {
    throw new DatasetError(`${archive} has ${name} packed by method ${method}, which is not read here.`, {
      path: archive,
    });
  }
  let [crc, bytes] = [0, 0];
  const check = async function* (source: AsyncIterable<Buffer>) {
    for await (const piece of source) {
      crc = crc32(piece, crc);
      bytes += piece.length;
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
    throw new DatasetError(`${name} can't be unpacked from ${archive}: ${(cause as Error).message}.`, {
      path: archive,
      cause,
    });
  }
  if (crc !== entry.crc || bytes !== entry.bytes) {
    throw new DatasetError(`${name} in ${archive} is broken: its checksum is wrong; fetch it again.`, {
      path: archive,
    });
  }
  await rename(`${to}.part`, to);
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
