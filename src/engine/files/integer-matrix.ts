import { smallest } from "../../domain/extremes.js";
/**
 * A matrix as quantised files keep it, row-major [outputs][inputs]: a weight is code · scale + least. So many neighbours
 * of a row, a group, have one scale and one least value in common.
 */
export interface IntegerMatrix {
  readonly inputs: number;
  readonly group: number;
  readonly codes: Int8Array;
  /** [outputs][inputs / group], as are the least values. */
  readonly scales: Float32Array;
  readonly leasts: Float32Array;
}

/** The largest group that the kernels take and that divides `inputs`, a multiple of 8. */
export const groupOf = (inputs: number, most = 32): number =>
  [32, 16, 8].find((group) => group <= most && inputs % group === 0) ?? 8;

/** Fp32 weights rounded to codes of ±`most`, group by group. */
export function roundedMatrix(weights: Float32Array, inputs: number, most: number): IntegerMatrix {
  const group = groupOf(inputs);
  const codes = new Int8Array(weights.length);
  const scales = new Float32Array(weights.length / group);
  roundGroups(weights, group, most, codes, scales);
  return { inputs, group, codes, scales, leasts: new Float32Array(scales.length) };
}

/** Rounds whole groups of weights into `codes` and `scales`. */
export function roundGroups(
  weights: Float32Array,
  group: number,
  most: number,
  codes: Int8Array,
  scales: Float32Array,
): void {
  for (let at = 0, block = 0; at < weights.length; at += group, block++) {
    let highest = 0;
    for (let i = at; i < at + group; i++) highest = Math.max(highest, Math.abs(weights[i]!));
    const scale = Math.fround(highest / most);
    scales[block] = scale;
    if (!(scale > 0)) continue;
    for (let i = at; i < at + group; i++) {
      codes[i] = Math.max(-most, Math.min(most, Math.round(weights[i]! / scale)));
    }
  }
}

/** The rows of some matrices with the same inputs below each other; groups as small as the smallest. */
export function joinedMatrix(parts: readonly IntegerMatrix[]): IntegerMatrix {
  if (parts.length === 1) return parts[0]!;
  const { inputs } = parts[0]!;
  const group = smallest(parts.map((part) => part.group));
  const spread = (values: Float32Array, times: number) =>
    times === 1
      ? values
      : Float32Array.from({ length: values.length * times }, (_, i) => values[Math.floor(i / times)]!);
  return {
    inputs,
    group,
    codes: joined(
      Int8Array,
      parts.map(({ codes }) => codes),
    ),
    scales: joined(
      Float32Array,
      parts.map((part) => spread(part.scales, part.group / group)),
    ),
    leasts: joined(
      Float32Array,
      parts.map((part) => spread(part.leasts, part.group / group)),
    ),
  };
}

/** Fp32 matrices below each other. */
export const joinedFloats = (parts: readonly Float32Array[]): Float32Array => joined(Float32Array, parts);

/** The matrix with its rows in another order: `order[to]` is the row that comes to `to`. */
export function reorderedMatrix(matrix: IntegerMatrix, order: readonly number[]): IntegerMatrix {
  const { inputs, group, codes, scales, leasts } = matrix;
  return {
    inputs,
    group,
    codes: reordered(codes, inputs, order),
    scales: reordered(scales, inputs / group, order),
    leasts: reordered(leasts, inputs / group, order),
  };
}

type Values = Float32Array | Int8Array;

/** Rows of `width` values in another order. */
export function reordered<V extends Values>(values: V, width: number, order: readonly number[]): V {
  const all = values.slice() as V;
  order.forEach((from, to) => {
    all.set(values.subarray(from * width, (from + 1) * width), to * width);
  });
  return all;
}

function joined<V extends Values>(type: new (length: number) => V, parts: readonly V[]): V {
  const all = new type(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
