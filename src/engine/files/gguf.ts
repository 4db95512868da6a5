import type { ByteSource } from "./byte-source.js";
import { bytesOf, type StoredTensor, type TensorFile } from "./tensor-file.js";
import { GGUF_TYPES, type TensorType } from "./tensor-types.js";

/** A value of a GGUF file's metadata; a whole number is a bigint where no number has its value. */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];

/** The content of a GGUF file. */
export interface Gguf {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: TensorFile;
}

const MAGIC = 0x46554747;
const MOST_DIMENSIONS = 4;
const MOST_NESTED = 4;
const WINDOW_BYTES = 2 ** 20;
/** A name's length, the count of dimensions, one dimension, type and offset. */
const LEAST_TENSOR_BYTES = 8 + 4 + 8 + 4 + 8;
/** A key's length, a type and a value of one byte. */
const LEAST_ENTRY_BYTES = 8 + 4 + 1;

/**
 * Reads the head of a GGUF file, version 2 or 3, little-endian; the tensors' numbers stay where they are. Every count
 * and length is held against the bytes that are there before anything is made of that size.
 *
 * https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 * @throws a plain Error that says what is wrong.
 */
export function readGguf(source: ByteSource): Gguf {
  const cursor = new Cursor(source);
  if (source.size < 24 || cursor.u32() !== MAGIC) throw new Error("it does not begin as a GGUF file does");
  const version = cursor.u32();
  if (version !== 2 && version !== 3) {
    throw new Error(`it is of GGUF version ${version}; 2 and 3, little-endian, can be read`);
  }
  const tensorCount = cursor.count("tensors", LEAST_TENSOR_BYTES);
  const entryCount = cursor.count("metadata entries", LEAST_ENTRY_BYTES);

  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < entryCount; i++) {
    const key = cursor.text();
    if (metadata.has(key)) throw new Error(`it has ${key} twice`);
    metadata.set(key, readValue(cursor, cursor.u32(), key, 0));
  }
  const heads = Array.from({ length: tensorCount }, () => readTensorHead(cursor));
  const alignment = metadata.get("general.alignment") ?? 32;
  if (typeof alignment !== "number" || !(Number.isSafeInteger(alignment) && alignment > 0)) {
    throw new Error(`general.alignment is ${String(alignment)}`);
  }
  const dataStart = Math.ceil(cursor.at / alignment) * alignment;
  const tensors = new Map<string, StoredTensor>();
  for (const { name, shape, type, offset } of heads) {
    const bytes = bytesOf(shape, type);
    if (bytes === null)
      throw new Error(`${name} has rows of ${shape.at(-1)} values, not whole blocks of ${type.name}`);
    if (!(dataStart + offset + bytes <= source.size)) throw new Error(`the data of ${name} is cut`);
    if (tensors.has(name)) throw new Error(`it has ${name} twice`);
    tensors.set(name, { shape, type, source, start: dataStart + offset });
  }
  return { metadata, tensors };
}

interface TensorHead {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: TensorType;
  readonly offset: number;
}

/** In the file, the innermost dimension comes first. */
function readTensorHead(cursor: Cursor): TensorHead {
  const name = cursor.text();
  const dimensions = cursor.u32();
  if (dimensions > MOST_DIMENSIONS) throw new Error(`${name} has ${dimensions} dimensions`);
  const shape = Array.from({ length: dimensions }, () => cursor.u64()).reverse();
  const number = cursor.u32();
  const type = GGUF_TYPES.get(number) ?? `type ${number}`;
  if (typeof type === "string") throw new Error(`${name} is stored as ${type}, which is not supported`);
  return { name, shape, type, offset: cursor.u64() };
}

/** By GGUF's numbers for them: how many bytes a value takes at least, and how it is read. */
const VALUES: readonly (readonly [bytes: number, read: (cursor: Cursor) => GgufValue])[] = [
  [1, (cursor) => cursor.next(1, (view, at) => view.getUint8(at))],
  [1, (cursor) => cursor.next(1, (view, at) => view.getInt8(at))],
  [2, (cursor) => cursor.next(2, (view, at) => view.getUint16(at, true))],
  [2, (cursor) => cursor.next(2, (view, at) => view.getInt16(at, true))],
  [4, (cursor) => cursor.u32()],
  [4, (cursor) => cursor.next(4, (view, at) => view.getInt32(at, true))],
  [4, (cursor) => cursor.next(4, (view, at) => view.getFloat32(at, true))],
  [1, (cursor) => cursor.next(1, (view, at) => view.getUint8(at) !== 0)],
  [8, (cursor) => cursor.text()],
  [12, () => []],
  [8, (cursor) => cursor.next(8, (view, at) => exact(view.getBigUint64(at, true)))],
  [8, (cursor) => cursor.next(8, (view, at) => exact(view.getBigInt64(at, true)))],
  [8, (cursor) => cursor.next(8, (view, at) => view.getFloat64(at, true))],
];
const ARRAY = 9;

const exact = (value: bigint): number | bigint =>
  Number.isSafeInteger(Number(value)) ? Number(value) : value;

function readValue(cursor: Cursor, type: number, key: string, depth: number): GgufValue {
  const known = VALUES[type];
  if (known === undefined) throw new Error(`${key} has a value of the unknown type ${type}`);
  if (type !== ARRAY) return known[1](cursor);
  if (depth === MOST_NESTED) throw new Error(`${key} has arrays in arrays, too deep`);
  const inner = cursor.u32();
  const length = cursor.count(`elements of ${key}`, VALUES[inner]?.[0] ?? 1);
  const values: GgufValue[] = [];
  for (let i = 0; i < length; i++) values.push(readValue(cursor, inner, key, depth + 1));
  return values;
}

/** Reads one value after the other, through a window of the source. */
class Cursor {
  at = 0;
  readonly #source: ByteSource;
  #window: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #windowStart = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  u32(): number {
    const at = this.#take(4);
    return this.#view.getUint32(at, true);
  }

  u64(): number {
    const at = this.#take(8);
    const value = this.#view.getUint32(at, true) + 2 ** 32 * this.#view.getUint32(at + 4, true);
    if (!Number.isSafeInteger(value)) throw new Error(`the number at byte ${this.at - 8} is too large`);
    return value;
  }

  /** How many of something follow, each of which takes some bytes. */
  count(what: string, leastBytes: number): number {
    const count = this.u64();
    if (count * leastBytes > this.#source.size - this.at) {
      throw new Error(`it claims to have ${count} ${what}, more than its size allows`);
    }
    return count;
  }

  text(): string {
    const length = this.u64();
    const at = this.#take(length);
    return this.#window.toString("utf8", at, at + length);
  }

  /** What `read` makes of the next bytes. */
  next<T>(length: number, read: (view: DataView, at: number) => T): T {
    const at = this.#take(length);
    return read(this.#view, at);
  }

  /** Where the next bytes lie in the window, until more are taken. */
  #take(length: number): number {
    const start = this.at - this.#windowStart;
    if (start + length > this.#window.length) {
      const rest = this.#source.size - this.at;
      if (length > rest) throw new Error(`it is cut at byte ${this.at}`);
      this.#windowStart = this.at;
      const {
        buffer,
        byteOffset,
        length: read,
      } = this.#source.read(this.at, Math.min(rest, Math.max(length, WINDOW_BYTES)));
      this.#window = Buffer.from(buffer, byteOffset, read);
      this.#view = new DataView(buffer, byteOffset, read);
    }
    const from = this.at - this.#windowStart;
    this.at += length;
    return from;
  }
}
