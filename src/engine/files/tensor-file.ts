import type { ByteSource } from "./byte-source.js";
import { groupOf, type IntegerMatrix, roundGroups } from "./integer-matrix.js";
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

/** Tensors are read and unpacked about so many bytes at a time; whole groups where values are 2 or 4 bytes each. */
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
export function readTensor(tensor: StoredTensor): Float32Array {
  const out = new Float32Array(valuesOf(tensor));
  readInSteps(tensor, (bytes, start, end) => tensor.type.unpack(bytes, out.subarray(start, end)));
  return out;
}

/** A matrix as the integers that its file has; one of fp32 or 16 bits is rounded to codes of ±`most`. */
export function readIntegers(tensor: StoredTensor, most: number): IntegerMatrix {
  const { type } = tensor;
  const inputs = tensor.shape.at(-1)!;
  const group = type.integers?.group ?? groupOf(inputs);
  const codes = new Int8Array(valuesOf(tensor));
  const scales = new Float32Array(codes.length / group);
  const leasts = new Float32Array(scales.length);
  readInSteps(tensor, (bytes, start, end) => {
    const some = codes.subarray(start, end);
    const [first, last] = [start / group, end / group];
    const someScales = scales.subarray(first, last);
    if (type.integers !== undefined) {
      type.integers.unpack(bytes, some, someScales, leasts.subarray(first, last));
      return;
    }
    const floats = new Float32Array(end - start);
    type.unpack(bytes, floats);
    roundGroups(floats, group, most, some, someScales);
  });
  return { inputs, group, codes, scales, leasts };
}

/** Reads whole blocks, with the first value in them and the first after them. */
function readInSteps(
  tensor: StoredTensor,
  unpack: (bytes: Uint8Array, start: number, end: number) => void,
): void {
  const { type, source, start } = tensor;
  const blocks = valuesOf(tensor) / type.blockValues;
  const together = Math.max(1, Math.floor(STEP_BYTES / type.blockBytes));
  for (let block = 0; block < blocks; block += together) {
    const count = Math.min(together, blocks - block);
    const bytes = source.read(start + block * type.blockBytes, count * type.blockBytes);
    unpack(bytes, block * type.blockValues, (block + count) * type.blockValues);
  }
}
