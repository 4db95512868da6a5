import { describe, expect, it } from "vitest";
import { forBytes, roomForIntegers, unpackRow } from "../../../src/engine/compute/memory/packed-matrix.js";
import { Arena } from "../../../src/engine/wasm/arena.js";
import { random } from "../../../src/stats/random.js";

/** Codes [outputs][inputs]; scales and least values [outputs][inputs / group]. */
interface IntegerMatrix {
  readonly inputs: number;
  readonly group: number;
  readonly codes: Int8Array;
  readonly scales: Float32Array;
  readonly leasts: Float32Array;
}

/** Packs panel by panel, as rows of a file are. */
function packed(
  { inputs, group, codes, scales, leasts }: IntegerMatrix,
  compute: "i16" | "i8",
  arena: Arena,
) {
  const rows = codes.length / inputs;
  const outputs = Math.ceil(rows / 8) * 8;
  const groups = inputs / group;
  const matrix = roomForIntegers(arena, { outputs, inputs, group });
  for (let row = 0; row < rows; row += 8) {
    const desk = arena.scratch(8 * (inputs + 8 * groups) + 8);
    const put = (at: number, values: Int8Array | Float32Array) =>
      arena
        .bytes(at, values.byteLength)
        .set(new Int8Array(values.buffer, values.byteOffset, values.byteLength));
    arena.bytes(desk, 8 * (inputs + 8 * groups)).fill(0);
    put(desk, codes.subarray(row * inputs, (row + 8) * inputs));
    const scalesAt = desk + 8 * inputs + 8;
    put(scalesAt, scales.subarray(row * groups, (row + 8) * groups));
    const leastsAt = scalesAt + 32 * groups;
    arena.bytes(leastsAt, 32 * groups).fill(0);
    put(leastsAt, leasts.subarray(row * groups, (row + 8) * groups));
    arena.kernels.packCodes(desk, inputs, matrix.codes + row * inputs);
    expect(arena.kernels.packScales(scalesAt, leastsAt, groups, 1, matrix.scales + row * groups * 8)).toBe(1);
  }
  return compute === "i8" ? forBytes(arena, matrix) : matrix;
}

/** Rounds rows of activations and multiplies them with a packed matrix, all rows together. */
function multiplied(matrix: IntegerMatrix, compute: "i16" | "i8", rows: readonly (readonly number[])[]) {
  const arena = new Arena();
  const { kernels } = arena;
  const kept = packed(matrix, compute, arena);
  kernels.panelScratch(arena.allocate(matrix.inputs * 4));
  const { inputs, outputs, group } = kept;
  const x = arena.store(Float32Array.from(rows.flat()));
  const codes = arena.allocate((rows.length * inputs) / 2);
  const scales = arena.allocate((rows.length * inputs * 2) / group);
  const c = arena.allocate(rows.length * outputs);
  const [round, gemm] =
    kept.compute === "i8" ? [kernels.round8, kernels.gemm8] : [kernels.round16, kernels.gemm16];
  round(x, inputs, rows.length, inputs, group, codes, scales);
  gemm(codes, scales, rows.length, kept.codes, kept.scales, inputs, group, outputs, c, outputs, false);
  const results = rows.map((_, row) => arena.floats(c + row * outputs * 4, outputs).slice());
  return { packed: kept, arena, results };
}

/** The same in double precision, activations not rounded. */
const plain = (weights: readonly number[], row: readonly number[]) =>
  row.reduce((sum, x, k) => sum + x * weights[k]!, 0);

function randomMatrix(outputs: number, inputs: number, group: number, lowest: number, highest: number) {
  const source = random(`${outputs} ${inputs} ${group} ${lowest}`);
  const groups = (outputs * inputs) / group;
  return {
    inputs,
    group,
    codes: Int8Array.from(
      { length: outputs * inputs },
      () => lowest + Math.floor(source() * (highest - lowest + 1)),
    ),
    scales: Float32Array.from({ length: groups }, () => source() - 0.5),
    leasts: Float32Array.from({ length: groups }, () => source() - 0.5),
  } satisfies IntegerMatrix;
}

const weightsOf = ({ inputs, group, codes, scales, leasts }: IntegerMatrix, row: number) =>
  Array.from({ length: inputs }, (_, k) => {
    const at = row * inputs + k;
    return Math.fround(codes[at]! * scales[Math.floor(at / group)]! + leasts[Math.floor(at / group)]!);
  });

const KINDS = [
  ["i16", -128, 127, 32, 3e-5],
  ["i16", -8, 7, 32, 3e-5],
  ["i16", -32, 31, 16, 3e-5],
  ["i16", 0, 15, 8, 3e-5],
  ["i8", -8, 7, 32, 8e-3],
  ["i8", -32, 31, 16, 8e-3],
  ["i8", 0, 127, 32, 8e-3],
  ["i8", -63, 63, 8, 8e-3],
] as const;

describe("products of integers", () => {
  it.each(
    KINDS,
  )("for %s with codes of %i to %i in groups of %i are those of plain arithmetic", (compute, lowest, highest, group, share) => {
    const inputs = 96;
    const matrix = randomMatrix(21, inputs, group, lowest, highest);
    const source = random("activations");
    const rows = Array.from({ length: 9 }, () => Array.from({ length: inputs }, () => source() - 0.5));
    const { packed, results } = multiplied(matrix, compute, rows);
    expect(packed.compute).toBe(compute);
    rows.forEach((row, r) => {
      for (let output = 0; output < 21; output++) {
        const weights = weightsOf(matrix, output);
        const scale = Math.sqrt(plain(weights.map(Math.abs), row.map(Math.abs)) * inputs);
        expect(Math.abs(results[r]![output]! - plain(weights, row)) / scale).toBeLessThan(share);
      }
      expect([...results[r]!.subarray(21)]).toEqual([0, 0, 0]);
    });
  });

  it.each(
    KINDS,
  )("for %s with codes of %i to %i in groups of %i are the same bits alone and among other rows", (compute, lowest, highest, group) => {
    const inputs = 64;
    const matrix = randomMatrix(16, inputs, group, lowest, highest);
    const source = random("rows");
    const rows = Array.from({ length: 11 }, () => Array.from({ length: inputs }, () => source() - 0.5));
    const together = multiplied(matrix, compute, rows).results;
    rows.forEach((row, r) => {
      expect(multiplied(matrix, compute, [row]).results[0]).toEqual(together[r]);
    });
  });

  // The most that a group's sum can be: 32 · 128 · 32,767 < 2^27 for i16, 32 · 127 · 127 < 2^19 for i8, and a pair of
  // products, which hardware without one instruction for it adds up in 16 bits, 2 · 127 · 127 < 2^15.
  it.each([
    ["i16", -128, 32_767],
    ["i16", 127, 32_767],
    ["i8", 127, 127],
  ] as const)("for %s do not overflow with every code at %i", (compute, code, most) => {
    const inputs = 4_096;
    const matrix: IntegerMatrix = {
      inputs,
      group: 32,
      codes: new Int8Array(8 * inputs).fill(code),
      scales: new Float32Array((8 * inputs) / 32).fill(1),
      leasts: new Float32Array((8 * inputs) / 32),
    };
    for (const sign of [1, -1]) {
      const rows = Array.from({ length: 5 }, () => new Array(inputs).fill(sign * most));
      for (const result of multiplied(matrix, compute, rows).results) {
        for (const value of result) expect(value / (sign * code * most * inputs)).toBeCloseTo(1, 6);
      }
    }
  });

  it("give a matrix whose codes have 8 bits activations of 16", () => {
    const { packed } = multiplied(randomMatrix(8, 32, 32, -128, 127), "i8", [new Array(32).fill(1)]);
    expect(packed.compute).toBe("i16");
  });

  it("keep what is no number, and zeros", () => {
    const matrix = randomMatrix(8, 32, 32, -8, 7);
    const odd = new Array(32).fill(0);
    for (const compute of ["i16", "i8"] as const) {
      expect([...multiplied(matrix, compute, [odd]).results[0]!]).toEqual(new Array(8).fill(0));
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const [result] = multiplied(matrix, compute, [odd.with(3, value)]).results;
        expect([...result!].some(Number.isFinite)).toBe(false);
      }
    }
  });

  it.each(["i16", "i8"] as const)("read an embedding's weights back, exactly (%s)", (compute) => {
    const matrix = randomMatrix(19, 64, 32, 0, 15);
    const { packed, arena } = multiplied(matrix, compute, [new Array(64).fill(1)]);
    const out = new Float32Array(64);
    for (let row = 0; row < 19; row++) {
      unpackRow(arena, packed, row, out);
      expect([...out]).toEqual(weightsOf(matrix, row));
    }
  });
});
