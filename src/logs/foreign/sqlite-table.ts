import { FirstTokenError } from "../../domain/errors/errors.js";

/** A value of SQLite; a BLOB is its bytes. */
export type SqliteValue = number | string | null | Uint8Array;

/*
 * The rows of one table of an SQLite database, read by the file format alone (sqlite.org/fileformat2.html): a table is a tree
 * of pages, a row a record in a leaf, and what does not fit there lies in a chain of overflow pages. Enough for files that
 * nobody writes to: what is still in a journal beside them is not read.
 */

const MAGIC = "SQLite format 3\0";

export const isSqlite = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MAGIC.length)).toString("latin1") ===
  MAGIC;

/**
 * The columns of a table and its rows, in the order of their ids.
 *
 * @throws FirstTokenError where the file is cut or damaged, or has no such table.
 */
export function sqliteTable(file: Buffer, table: string): Record<string, SqliteValue>[] {
  if (file.length < 100) return damaged("it ends within its header");
  const stated = file.readUInt16BE(16);
  const pageSize = stated === 1 ? 65_536 : stated;
  if (pageSize < 512 || (pageSize & (pageSize - 1)) !== 0) return damaged(`its pages have ${pageSize} bytes`);
  if (file.readUInt32BE(56) > 1) throw new FirstTokenError("its texts are UTF-16; export them as UTF-8");
  const pages: Pages = { file, pageSize, usable: pageSize - file[20]! };
  const schema = [...records(pages, 1)];
  const entry = schema.find(([type, name]) => type === "table" && String(name).toLowerCase() === table);
  if (entry === undefined) {
    const names = schema.filter(([type]) => type === "table").map(([, name]) => String(name));
    throw new FirstTokenError(`it has no table ${table}; its tables: ${names.join(", ") || "none"}`);
  }
  const columns = columnsOf(String(entry[4]));
  return Array.from(records(pages, Number(entry[3])), (values) =>
    // A row that is older than a column lacks its value.
    Object.fromEntries(columns.map((column, index) => [column, values[index] ?? null])),
  );
}

/** The names of a table's columns, by the statement that made it. */
function columnsOf(statement: string): string[] {
  const list = /\(([\s\S]*)\)[^)]*$/.exec(statement)?.[1] ?? "";
  const parts = list.replace(/\([^()]*\)/g, "").split(",");
  return parts.flatMap((part) => {
    const name = /^\s*(?:"([^"]+)"|`([^`]+)`|\[([^\]]+)\]|(\w+))/.exec(part);
    const found = name?.slice(1).find((one) => one !== undefined);
    return found === undefined || /^(primary|unique|check|foreign|constraint)$/i.test(found) ? [] : [found];
  });
}

interface Pages {
  readonly file: Buffer;
  readonly pageSize: number;
  /** The bytes of a page that hold content. */
  readonly usable: number;
}

function pageOf({ file, pageSize }: Pages, number: number): Buffer {
  const page = file.subarray((number - 1) * pageSize, number * pageSize);
  if (number < 1 || page.length < pageSize) return damaged(`page ${number} is not there: the file is cut`);
  return page;
}

const LEAF = 13;
const INTERIOR = 5;
/** Deeper than the tree of any file. */
const MOST_LEVELS = 20;

function* records(pages: Pages, root: number, level = 0): Generator<SqliteValue[]> {
  if (level > MOST_LEVELS) damaged("its pages lead in a circle");
  const page = pageOf(pages, root);
  const start = root === 1 ? 100 : 0;
  const kind = page[start];
  if (kind !== LEAF && kind !== INTERIOR) damaged(`page ${root} is of no table`);
  const cells = page.readUInt16BE(start + 3);
  const pointers = start + (kind === LEAF ? 8 : 12);
  if (pointers + 2 * cells > page.length) damaged(`page ${root} counts ${cells} cells`);
  for (let cell = 0; cell < cells; cell++) {
    const at = page.readUInt16BE(pointers + 2 * cell);
    if (at + 4 > page.length) damaged(`a cell of page ${root} lies outside it`);
    if (kind === INTERIOR) yield* records(pages, page.readUInt32BE(at), level + 1);
    else yield recordOf(payloadOf(pages, page, at));
  }
  if (kind === INTERIOR) yield* records(pages, page.readUInt32BE(start + 8), level + 1);
}

/** A row's bytes, from its cell and the overflow pages behind it. */
function payloadOf(pages: Pages, page: Buffer, cell: number): Buffer {
  const { usable } = pages;
  const [length, afterLength] = varint(page, cell);
  const [, begin] = varint(page, afterLength);
  const most = usable - 35;
  if (length <= most) return within(page, begin, length);
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const rest = least + ((length - least) % (usable - 4));
  const local = rest <= most ? rest : least;
  const parts = [within(page, begin, local)];
  let held = local;
  for (let next = within(page, begin + local, 4).readUInt32BE(0); held < length; ) {
    const overflow = pageOf(pages, next);
    const part = overflow.subarray(4, 4 + Math.min(usable - 4, length - held));
    parts.push(part);
    held += part.length;
    next = overflow.readUInt32BE(0);
  }
  return Buffer.concat(parts);
}

/** A row's values: a header of their types, then the values themselves. */
function recordOf(payload: Buffer): SqliteValue[] {
  const [headerLength, afterLength] = varint(payload, 0);
  const values: SqliteValue[] = [];
  let at = headerLength;
  for (let header = afterLength; header < headerLength; ) {
    const [type, next] = varint(payload, header);
    header = next;
    const length = lengthOf(type);
    values.push(decoded(within(payload, at, length), type));
    at += length;
  }
  return values;
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8];
const lengthOf = (type: number): number =>
  type < 7 ? INTEGER_BYTES[type]! : type === 7 ? 8 : type < 12 ? 0 : (type - 12 - (type % 2)) / 2;

function decoded(bytes: Buffer, type: number): SqliteValue {
  if (type === 0) return null;
  if (type === 6) return Number(bytes.readBigInt64BE());
  if (type < 6) return bytes.readIntBE(0, bytes.length);
  if (type === 7) return bytes.readDoubleBE();
  if (type < 10) return type - 8;
  return type % 2 === 1 ? bytes.toString("utf8") : bytes;
}

/** A number of 1 to 9 bytes, seven bits in each but the last; and where it ends. */
function varint(bytes: Buffer, start: number): [value: number, end: number] {
  let value = 0n;
  for (let i = 0; i < 9; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) return damaged("a row is cut");
    if (i === 8) return [Number((value << 8n) | BigInt(byte)), start + 9];
    value = (value << 7n) | BigInt(byte & 0x7f);
    if (byte < 0x80) return [Number(value), start + i + 1];
  }
  return damaged("a row is cut");
}

function within(bytes: Buffer, start: number, length: number): Buffer {
  if (start + length > bytes.length) return damaged("a row is cut");
  return bytes.subarray(start, start + length);
}

function damaged(how: string): never {
  throw new FirstTokenError(`the SQLite file is damaged: ${how}`);
}
