import { smallest } from "../../../domain/extremes.js";
import { notFinite, partInMemory, type StoredPart } from "../../files/stored-part.js";
import { unpackCodes, unpackFloats, unpackingBytes } from "../../files/unpacking.js";
import { type Compute, type Matrix, mostCode } from "../../model/model.js";
import type { Arena } from "../../wasm/arena.js";
import { forPanels } from "./panels.js";

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

export interface PackedIntegers {
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

/** Puts a matrix into the arena; one of fp32 or 16 bits is rounded to 8 where integers are to be computed with. */
export function packMatrix(arena: Arena, matrix: Matrix, inputs: number, compute: Compute): PackedMatrix {
  const parts = matrix instanceof Float32Array ? [partInMemory(matrix, inputs)] : matrix;
  return compute === "f32" ? packFloats(arena, parts, inputs) : packStored(arena, parts, inputs, compute);
}

const outputsOf = (parts: readonly StoredPart[]): number =>
  Math.ceil(parts.reduce((rows, part) => rows + part.rows, 0) / 8) * 8;

function packFloats(arena: Arena, parts: readonly StoredPart[], inputs: number): PackedFloats {
  const outputs = outputsOf(parts);
  const weights = arena.allocate(outputs * inputs);
  const rowBytes = 4 * inputs;
  let to = weights;
  forPanels(arena, parts, 8 * rowBytes + unpackingBytes(inputs), (part, rows, desk) => {
    const panelBytes = 8 * rowBytes;
    arena.floats(desk, 8 * inputs).fill(0, rows.length * inputs);
    rows.forEach((at, row) => {
      unpackFloats(arena, part.stored.type, at, inputs, desk + row * rowBytes, desk + panelBytes);
    });
    if (!arena.kernels.packFloats(desk, inputs, to)) throw notFinite(part);
    to += panelBytes;
  });
  return { compute: "f32", inputs, outputs, weights };
}

/** Its groups are as small as the smallest of its parts. */
function packStored(
  arena: Arena,
  parts: readonly StoredPart[],
  inputs: number,
  asked: Exclude<Compute, "f32">,
): PackedIntegers {
  const { kernels } = arena;
  const outputs = outputsOf(parts);
  const group = smallest(parts.map((part) => part.group));
  const packed = roomForIntegers(arena, { outputs, inputs, group });
  let { codes: codesTo, scales: scalesTo } = packed;
  // Packing reads 8 bytes more than there are codes.
  const codesBytes = 8 * inputs + 8;
  const scalesBytes = (32 * inputs) / group;
  forPanels(arena, parts, codesBytes + 2 * scalesBytes + unpackingBytes(inputs), (part, rows, desk) => {
    const groups = inputs / part.group;
    const [scales, leasts] = [desk + codesBytes, desk + codesBytes + scalesBytes];
    if (rows.length < 8) arena.bytes(desk, codesBytes + 2 * scalesBytes).fill(0);
    rows.forEach((at, row) => {
      const to = {
        codes: desk + row * inputs,
        scales: scales + 4 * row * groups,
        leasts: leasts + 4 * row * groups,
      };
      unpackCodes(arena, part.stored.type, at, inputs, mostCode(asked), to, leasts + scalesBytes);
    });
    kernels.packCodes(desk, inputs, codesTo);
    if (!kernels.packScales(scales, leasts, groups, part.group / group, scalesTo)) throw notFinite(part);
    codesTo += 8 * inputs;
    scalesTo += (64 * inputs) / group;
  });
  return asked === "i8" ? forBytes(arena, packed) : packed;
}

/** Room for a matrix of integers, of zeros, for activations of 16 bits. */
export function roomForIntegers(
  arena: Arena,
  { outputs, inputs, group }: Pick<PackedIntegers, "outputs" | "inputs" | "group">,
): PackedIntegers {
  const codes = arena.allocate((outputs * inputs) / 4);
  return {
    compute: "i16",
    inputs,
    outputs,
    group,
    codes,
    scales: arena.allocate((outputs * inputs * 2) / group),
  };
}

/** For activations of 8 bits no code may be negative: they are shifted where their range allows it. */
export function forBytes({ kernels }: Arena, matrix: PackedIntegers): PackedIntegers {
  const { codes, scales, inputs, outputs, group } = matrix;
  const range = kernels.rangeOfCodes(codes, inputs * outputs);
  const [lowest, highest] = [(range << 16) >> 16, range >> 16];
  if (highest - lowest > MOST_CODE) return matrix;
  kernels.codesInFours(codes, inputs * outputs, -lowest);
  kernels.shiftLeasts(scales, ((inputs / group) * outputs) / 8, -lowest);
  return { ...matrix, compute: "i8" };
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
