import { Arena } from "../wasm/arena.js";
import type { ByteSource } from "./byte-source.js";
import type { TensorType } from "./tensor-types.js";
import { unpackFloats, unpackingBytes } from "./unpacking.js";

/** Where a tensor lies in its file, row-major: `shape` is [out, in] of a matrix. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly type: TensorType;
  readonly source: ByteSource;
  /** Its first byte. */
  readonly start: number;
}

/** A model's tensors by name, read one by one when they are asked for. */
export type TensorFile = ReadonlyMap<string, StoredTensor>;

/** How many numbers a tensor has. */
export const valuesOf = ({ shape }: Pick<StoredTensor, "shape">): number =>
  shape.reduce((product, size) => product * size, 1);

/** How many bytes a tensor of this shape takes; null when its rows are no whole number of blocks. */
export function bytesOf(shape: readonly number[], { blockValues, blockBytes }: TensorType): number | null {
  const row = shape.at(-1) ?? 1;
  return row % blockValues === 0 ? (valuesOf({ shape }) / blockValues) * blockBytes : null;
}

/** Values that are unpacked together, whole blocks of every type. */
const STEP_VALUES = 2 ** 14;

let room: Arena | null = null;

/** A tensor's numbers in fp32. */
export function readTensor(tensor: StoredTensor): Float32Array {
  const { type, source, start } = tensor;
  const { blockValues, blockBytes } = type;
  room ??= new Arena();
  const out = new Float32Array(valuesOf(tensor));
  const floats = room.scratch(
    4 * STEP_VALUES + (STEP_VALUES / blockValues) * blockBytes + unpackingBytes(STEP_VALUES),
  );
  const desk = floats + 4 * STEP_VALUES;
  const bytes = desk + unpackingBytes(STEP_VALUES);
  for (let done = 0; done < out.length; done += STEP_VALUES) {
    const values = Math.min(STEP_VALUES, out.length - done);
    const blocks = values / blockValues;
    source.readInto(room.bytes(bytes, blocks * blockBytes), start + (done / blockValues) * blockBytes);
    unpackFloats(room, type, bytes, values, floats, desk);
    out.set(room.floats(floats, values), done);
  }
  return out;
}
