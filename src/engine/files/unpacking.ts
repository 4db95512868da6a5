import type { Arena } from "../wasm/arena.js";
import type { TensorType } from "./tensor-types.js";

/** The largest group that the kernels take and that divides `inputs`, a multiple of 8. */
export const groupOf = (inputs: number): number => [32, 16].find((group) => inputs % group === 0) ?? 8;

/** Where the codes, the scales and the least values of some values go. */
export interface CodesAt {
  readonly codes: number;
  readonly scales: number;
  readonly leasts: number;
}

/** How many bytes {@link unpackFloats} and {@link unpackCodes} work in, for so many values. */
export const unpackingBytes = (values: number): number => 4 * values;

/** Unpacks values that lie in the arena `at`, whole blocks, to floats `to`, and works in `desk`. */
export function unpackFloats(
  { kernels }: Arena,
  type: TensorType,
  at: number,
  values: number,
  to: number,
  desk: number,
): void {
  if (type.group === null) {
    kernels[`unpack${type.name}`](at, values, to);
    return;
  }
  const scales = desk;
  const leasts = scales + (values / type.group) * 4;
  const codes = leasts + (values / type.group) * 4;
  kernels[`unpack${type.name}`](at, values / type.blockValues, codes, scales, leasts);
  kernels.floatsOfCodes(codes, scales, leasts, values, type.group, to);
}

/** Unpacks values to integers; those of fp32 or 16 bits are rounded to codes of ±`most`, group by group. */
export function unpackCodes(
  { kernels }: Arena,
  type: TensorType,
  at: number,
  values: number,
  most: number,
  to: CodesAt,
  desk: number,
): void {
  const { codes, scales, leasts } = to;
  if (type.group !== null) {
    kernels[`unpack${type.name}`](at, values / type.blockValues, codes, scales, leasts);
    return;
  }
  kernels[`unpack${type.name}`](at, values, desk);
  kernels.roundToCodes(desk, values, groupOf(values), most, codes, scales, leasts);
}
