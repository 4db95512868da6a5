import type { ByteSource } from "./byte-source.js";
import type { TensorType } from "./tensor-types.js";

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

/** Tensors are read and unpacked about so many bytes at a time. */
const STEP_BYTES = 2 ** 22;

/** How many numbers a tensor has. */
export const valuesOf = ({ shape }: Pick<StoredTensor, "shape">): number =>
  shape.reduce((product, size) => product * size, 1);

/** How many bytes a tensor of this shape takes; null when its rows are no whole number of blocks. */
export function bytesOf(shape: readonly number[], { blockValues, blockBytes }: TensorType): number | null {
  const row = shape.at(-1) ?? 1;
  return row % blockValues === 0 ? (valuesOf({ shape }) / blockValues) * blockBytes : null;
}

/** A tensor's numbers in fp32. */
export function readTensor({ shape, type, source, start }: StoredTensor): Float32Array {
  const out = new Float32Array(valuesOf({ shape }));
  const blocks = out.length / type.blockValues;
  const together = Math.max(1, Math.floor(STEP_BYTES / type.blockBytes));
  for (let block = 0; block < blocks; block += together) {
    const count = Math.min(together, blocks - block);
    const bytes = source.read(start + block * type.blockBytes, count * type.blockBytes);
    type.unpack(bytes, out.subarray(block * type.blockValues, (block + count) * type.blockValues));
  }
  return out;
}
