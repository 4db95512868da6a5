import { crc32, deflateRawSync } from "node:zlib";

/** A file for {@link makeZip}: what is in it, and what the archive says of it where that is not true. */
export interface ZipFile {
  readonly name: string;
  readonly content: Buffer;
  readonly says?: { readonly bytes?: number; readonly compressedBytes?: number; readonly crc?: number };
  /** Where its data are said to begin. */
  readonly offset?: number;
}

/** A zip archive of deflated files (PKWARE APPNOTE 6.3.10, 4.3.7, 4.3.12 and 4.3.16). */
export function makeZip(files: readonly ZipFile[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, content, says = {}, offset } of files) {
    const packed = deflateRawSync(content);
    const facts = Buffer.alloc(12);
    facts.writeUInt32LE(says.crc ?? crc32(content), 0);
    facts.writeUInt32LE(says.compressedBytes ?? packed.length, 4);
    facts.writeUInt32LE(says.bytes ?? content.length, 8);
    const names = Buffer.from(name);
    const local = Buffer.concat([
      Buffer.from("504b030414000000080000000000", "hex"),
      facts,
      Buffer.alloc(4),
      names,
    ]);
    local.writeUInt16LE(names.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(8, 10);
    facts.copy(entry, 16);
    entry.writeUInt16LE(names.length, 28);
    entry.writeUInt32LE(offset ?? at, 42);
    directory.push(entry, names);
    parts.push(local, packed);
    at += local.length + packed.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, listed, end]);
}
