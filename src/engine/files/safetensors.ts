import { readFileSync } from "node:fs";
import { FirstTokenError } from "../../domain/errors/errors.js";
import { type ByteSource, bytesInMemory } from "./byte-source.js";

/** A tensor of 32-bit floats. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The content of a safetensors file. */
export interface Safetensors {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

const LENGTH_BYTES = 8;

/**
 * Reads a safetensors file of F32 tensors: a u64 header length, a JSON header, the data.
 *
 * https://github.com/huggingface/safetensors#format
 * @throws FirstTokenError when the file can't be read or is not such a file.
 */
export function readSafetensors(path: string | URL): Safetensors {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new FirstTokenError(`The weights ${path} could not be read.`, { cause });
  }
  try {
    return parseSafetensors(bytes);
  } catch (cause) {
    throw new FirstTokenError(`${path} is not a safetensors file of F32 tensors: ${String(cause)}`, {
      cause,
    });
  }
}

/** Parses the bytes of a safetensors file; throws a plain Error that says what is wrong. */
export function parseSafetensors(bytes: Uint8Array): Safetensors {
  const { metadata, entries } = readSafetensorsHead(bytesInMemory(bytes));
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of entries) {
    const { dtype, shape, start, end } = entry;
    if (dtype !== "F32") throw new Error(`${name} is ${dtype}`);
    requireData(name, entry, 4, bytes.length);
    // A copy, because the data may begin at an address that is not a multiple of 4.
    const data = bytes.slice(start, end);
    tensors.set(name, { shape, data: new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4) });
  }
  return { metadata, tensors };
}

/** A tensor of a safetensors file: its numbers lie from byte `start` of the file up to but without `end`. */
export interface SafetensorsEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** Reads the head of a safetensors file; throws a plain Error that says what is wrong. */
export function readSafetensorsHead(source: ByteSource) {
  if (source.size < LENGTH_BYTES) throw new Error("it has no header length");
  const headerLength = Number(new DataView(source.read(0, LENGTH_BYTES).buffer).getBigUint64(0, true));
  const dataStart = LENGTH_BYTES + headerLength;
  if (dataStart > source.size) throw new Error("its header is cut");
  const header: unknown = JSON.parse(new TextDecoder().decode(source.read(LENGTH_BYTES, headerLength)));
  if (!isObject(header)) throw new Error("its header is not an object");

  const metadata = new Map<string, string>();
  const entries = new Map<string, SafetensorsEntry>();
  for (const [name, entry] of Object.entries(header)) {
    if (!isObject(entry)) throw new Error(`${name} is not an object`);
    if (name === "__metadata__") {
      for (const [key, value] of Object.entries(entry)) metadata.set(key, String(value));
      continue;
    }
    const { dtype, shape, data_offsets: offsets } = entry;
    if (!isCounts(shape)) throw new Error(`${name} has no shape`);
    if (!isCounts(offsets) || offsets.length !== 2) throw new Error(`${name} has no data_offsets`);
    const [start, end] = offsets as [number, number];
    entries.set(name, { dtype: String(dtype), shape, start: dataStart + start, end: dataStart + end });
  }
  requireWhole(entries, dataStart, source.size);
  return { metadata, entries };
}

/**
 * Throws unless the tensors' data fill the file, one behind the other, as the format asks for: a name that stands twice in
 * the header leaves bytes that are nobody's.
 */
function requireWhole(entries: ReadonlyMap<string, SafetensorsEntry>, dataStart: number, size: number): void {
  let [before, filled] = ["its header", dataStart];
  for (const [name, { start, end }] of [...entries].sort(
    ([, a], [, b]) => a.start - b.start || a.end - b.end,
  )) {
    if (start < filled) throw new Error(`${name} has bytes of ${before}`);
    if (start > filled)
      throw new Error(`the bytes between ${before} and ${name} belong to no tensor; is one there twice?`);
    if (end < start) throw new Error(`${name} ends before it begins`);
    [before, filled] = [name, end];
  }
  if (filled < size) throw new Error(`the bytes behind ${before} belong to no tensor; is one there twice?`);
}

/** Throws unless a tensor's data is there, as long as its shape asks for. */
export function requireData(name: string, entry: SafetensorsEntry, valueBytes: number, size: number): void {
  const bytes = entry.end - entry.start;
  const needed = entry.shape.reduce((product, length) => product * length, valueBytes);
  if (bytes !== needed) throw new Error(`${name} takes ${bytes} bytes where its shape needs ${needed}`);
  if (entry.end > size) throw new Error(`the data of ${name} is cut`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}
