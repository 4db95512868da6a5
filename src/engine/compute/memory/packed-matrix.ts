import { type IntegerMatrix, roundedMatrix } from "../../files/integer-matrix.js";
import { type Compute, type Matrix, mostCode } from "../../model/model.js";
import type { Arena } from "./wasm.js";

/**
 * A matrix in the arena, in panels of 8 outputs, filled up with zeros: in fp32 [out / 8][in][8]; or codes of 8 bits,
 * with every group's scales and least values. `outputs` is a multiple of 8.
 */
export type PackedMatrix = PackedFloats | PackedIntegers;

interface PackedFloats {
  readonly compute: "f32";
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: number;
}

interface PackedIntegers {
  /** How activations are rounded when they are multiplied with it. */
  readonly compute: "i16" | "i8";
  readonly inputs: number;
  readonly outputs: number;
  readonly group: number;
  /** [out / 8][in / 2][8][2] for `i16`, [out / 8][in / 4][8][4] for `i8`. */
  readonly codes: number;
  /** [out / 8][in / group][2][8] */
  readonly scales: number;
}

/** The most that a code may be where activations have 8 bits; none may be negative. */
const MOST_CODE = 127;

/** Puts a matrix into the arena; one of fp32 is rounded to 8 bits where integers are to be computed with. */
export function packMatrix(arena: Arena, matrix: Matrix, inputs: number, compute: Compute): PackedMatrix {
  if (!(matrix instanceof Float32Array)) return packIntegers(arena, matrix, compute);
  if (compute === "f32") return packFloats(arena, matrix, inputs);
  return packIntegers(arena, roundedMatrix(matrix, inputs, mostCode(compute)), compute);
}

function packFloats(arena: Arena, weights: Float32Array, inputs: number): PackedFloats {
  const rows = weights.length / inputs;
  const outputs = Math.ceil(rows / 8) * 8;
  const pointer = arena.allocate(outputs * inputs);
  const out = arena.floats(pointer, outputs * inputs);
  for (let row = 0; row < rows; row++) {
    const panel = (row >> 3) * 8 * inputs + (row & 7);
    for (let k = 0; k < inputs; k++) out[panel + k * 8] = weights[row * inputs + k]!;
  }
  return { compute: "f32", inputs, outputs, weights: pointer };
}

/** For activations of 8 bits no code may be negative: they are shifted, where their range allows it. */
function packIntegers(arena: Arena, matrix: IntegerMatrix, asked: Compute): PackedIntegers {
  const { inputs, group, codes, scales, leasts } = matrix;
  const rows = codes.length / inputs;
  const outputs = Math.ceil(rows / 8) * 8;
  const [lowest, highest] = asked === "i8" ? rangeOf(codes) : [0, 255];
  const compute = asked === "i8" && highest - lowest <= MOST_CODE ? "i8" : "i16";
  const shift = compute === "i8" ? -lowest : 0;

  const codesAt = arena.allocate((outputs * inputs) / 4);
  const groups = inputs / group;
  const scalesAt = arena.allocate(outputs * groups * 2);
  const packed = arena.bytes(codesAt, outputs * inputs);
  const packedScales = arena.floats(scalesAt, outputs * groups * 2);
  placeCodes(codes, inputs, packed, compute, shift);
  for (let row = 0; row < rows; row++) {
    let to = (row >> 3) * 16 * groups + (row & 7);
    for (let i = row * groups; i < (row + 1) * groups; i++, to += 16) {
      packedScales[to] = scales[i]!;
      packedScales[to + 8] = leasts[i]! - shift * scales[i]!;
    }
  }
  return { compute, inputs, outputs, group, codes: codesAt, scales: scalesAt };
}

/** Moves the codes that are multiplied together as one number: two of them, or four, to each of which `shift` is added. */
function placeCodes(
  codes: Int8Array,
  inputs: number,
  packed: Int8Array,
  compute: "i16" | "i8",
  shift: number,
): void {
  const step = compute === "i8" ? 4 : 2;
  const words = ({ buffer, byteOffset, length }: Int8Array) =>
    step === 4
      ? new Int32Array(buffer, byteOffset, length / step)
      : new Int16Array(buffer, byteOffset, length / step);
  const [from, out] = [words(codes), words(packed)];
  const each = inputs / step;
  const rows = codes.length / inputs;
  const shifts = shift * 0x01010101;
  for (let row = 0; row < rows; row++) {
    let to = (row >> 3) * 8 * each + (row & 7);
    const end = (row + 1) * each;
    if (shift === 0) for (let k = row * each; k < end; k++, to += 8) out[to] = from[k]!;
    else for (let k = row * each; k < end; k++, to += 8) out[to] = bytesAdded(from[k]!, shifts);
  }
}

/** Byte by byte, without carrying from one to the next. */
const bytesAdded = (a: number, b: number): number =>
  ((a & 0x7f7f7f7f) + (b & 0x7f7f7f7f)) ^ ((a ^ b) & -0x7f7f7f80);

function rangeOf(codes: Int8Array): readonly [lowest: number, highest: number] {
  let lowest = 0;
  let highest = 0;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code < lowest) lowest = code;
    if (code > highest) highest = code;
  }
  return [lowest, highest];
}

/** Writes one output's weights in fp32 to `out`. */
export function unpackRow(arena: Arena, matrix: PackedMatrix, row: number, out: Float32Array): void {
  const { inputs } = matrix;
  const panel = (row >> 3) * 8 * inputs;
  if (matrix.compute === "f32") {
    const weights = arena.floats(matrix.weights + panel * 4, inputs * 8);
    for (let k = 0; k < inputs; k++) out[k] = weights[k * 8 + (row & 7)]!;
    return;
  }
  const { group } = matrix;
  const groups = inputs / group;
  const step = matrix.compute === "i8" ? 4 : 2;
  const codes = arena.bytes(matrix.codes + panel, inputs * 8);
  const scales = arena.floats(matrix.scales + (row >> 3) * groups * 64, groups * 16);
  for (let k = 0; k < inputs; k++) {
    const at = Math.floor(k / group) * 16 + (row & 7);
    const code = codes[Math.floor(k / step) * 8 * step + (row & 7) * step + (k % step)]!;
    out[k] = scales[at]! * code + scales[at + 8]!;
  }
}
