import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packMatrix, unpackRow } from "../../../src/engine/compute/memory/packed-matrix.js";
import { bytesInMemory } from "../../../src/engine/files/byte-source.js";
import { StoredPart } from "../../../src/engine/files/stored-part.js";
import { readTensor } from "../../../src/engine/files/tensor-file.js";
import { BF16, F16, F32, GGUF_TYPES, type TensorType } from "../../../src/engine/files/tensor-types.js";
import { type Compute, type Matrix, mostCode } from "../../../src/engine/model/model.js";
import { Arena } from "../../../src/engine/wasm/arena.js";
import { random } from "../../../src/stats/random.js";

const [Q4_0, Q4_1, Q5_0, Q8_0, Q4_K, Q6_K] = [2, 3, 6, 8, 12, 14].map(
  (number) => GGUF_TYPES.get(number) as TensorType,
);

/** A part of random bytes, none of which makes a number infinite. */
function randomPart(
  type: TensorType,
  rows: number,
  inputs: number,
  pairedIn: number | null = null,
): StoredPart {
  const source = random(`${type.name} ${rows} ${inputs}`);
  const bytes = new Uint8Array(((rows * inputs) / type.blockValues) * type.blockBytes);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(source() * 120);
  return new StoredPart(
    "random",
    { shape: [rows, inputs], type, source: bytesInMemory(bytes), start: 0 },
    pairedIn,
  );
}

/** All outputs' weights, as they are read back. */
function weightsOf(matrix: Matrix, inputs: number, compute: Compute) {
  const arena = new Arena();
  const packed = packMatrix(arena, matrix, inputs, compute);
  const weights = Array.from({ length: packed.outputs }, (_, row) => {
    const out = new Float32Array(inputs);
    unpackRow(arena, packed, row, out);
    return out;
  });
  return { packed, weights };
}

const rowsOf = (part: StoredPart) => {
  const all = readTensor(part.stored);
  const inputs = part.stored.shape[1]!;
  return Array.from({ length: part.rows }, (_, row) => all.subarray(row * inputs, (row + 1) * inputs));
};

/** Values to the nearest step of their group, by the definition. */
function rounded(values: Float32Array, group: number, most: number): Float32Array {
  return values.map((value, i) => {
    const first = i - (i % group);
    const scale = Math.fround(Math.max(...values.subarray(first, first + group).map(Math.abs)) / most);
    if (!(scale > 0)) return 0;
    return Math.fround(scale * Math.max(-most, Math.min(most, Math.round(value / scale))));
  });
}

describe("a packed matrix", () => {
  it.each([
    F32,
    F16,
    BF16,
    Q4_0!,
    Q4_1!,
    Q5_0!,
    Q8_0!,
    Q4_K!,
    Q6_K!,
  ])("in fp32 has every weight of a file of $name", (type) => {
    const part = randomPart(type, 21, 512);
    const { weights } = weightsOf([part], 512, "f32");
    expect(weights.slice(0, 21)).toEqual(rowsOf(part));
    for (const row of weights.slice(21)) expect(row.every((weight) => weight === 0)).toBe(true);
  });

  it.each([
    ["i16", Q4_0!],
    ["i16", Q4_1!],
    ["i16", Q5_0!],
    ["i16", Q8_0!],
    ["i16", Q4_K!],
    ["i16", Q6_K!],
  ] as const)("for %s keeps every weight of integers ($name)", (compute, type) => {
    const part = randomPart(type, 21, 512);
    const { packed, weights } = weightsOf([part], 512, compute);
    expect(packed.compute).toBe(compute);
    expect(weights.slice(0, 21)).toEqual(rowsOf(part));
  });

  // Shifted least values are rounded once more.
  it.each([
    Q4_0!,
    Q4_1!,
    Q5_0!,
    Q4_K!,
    Q6_K!,
  ])("for i8 has the weights of $name but for what a shift rounds", (type) => {
    const part = randomPart(type, 16, 512);
    const { packed, weights } = weightsOf([part], 512, "i8");
    expect(packed.compute).toBe("i8");
    rowsOf(part).forEach((row, r) => {
      const largest = Math.max(...row.map(Math.abs));
      row.forEach((weight, k) => {
        expect(Math.abs(weights[r]![k]! - weight)).toBeLessThanOrEqual(1e-5 * largest);
      });
    });
  });

  it("gives codes of 8 bits activations of 16", () => {
    const bytes = Uint8Array.from({ length: 34 * 8 }, (_, i) =>
      i % 34 === 1 ? 0x3c : i % 34 === 2 ? 128 : i % 34 === 3 ? 127 : 0,
    );
    const part = new StoredPart(
      "q",
      { shape: [8, 32], type: Q8_0!, source: bytesInMemory(bytes), start: 0 },
      null,
    );
    expect(weightsOf([part], 32, "i8").packed.compute).toBe("i16");
  });

  it.each([
    [F32, "i16", 64, 32],
    [F32, "i8", 48, 16],
    [F16, "i16", 40, 8],
    [BF16, "i8", 24, 8],
  ] as const)("rounds $name for %s, rows of %i by groups of %i", (type, compute, inputs, group) => {
    const part = randomPart(type, 11, inputs);
    const { packed, weights } = weightsOf([part], inputs, compute);
    expect(packed).toMatchObject({ group });
    rowsOf(part).forEach((row, r) => {
      const expected = rounded(row, group, mostCode(compute));
      const largest = Math.max(...row.map(Math.abs));
      expected.forEach((weight, k) => {
        expect(Math.abs(weights[r]![k]! - weight)).toBeLessThanOrEqual(compute === "i8" ? 1e-5 * largest : 0);
      });
    });
  });

  it.each([127, 63])("is rounded by at most half a step of ±%s", (most) => {
    const float = fc.float({ noNaN: true, min: -(2 ** 120), max: 2 ** 120 });
    fc.assert(
      fc.property(fc.array(float, { minLength: 24, maxLength: 24 }), (values) => {
        const matrix = Float32Array.from(values);
        const expected = rounded(matrix, 8, most);
        const { weights } = weightsOf(matrix, 24, most === 63 ? "i8" : "i16");
        weights[0]!.forEach((weight, i) => {
          const first = i - (i % 8);
          const step = Math.fround(Math.max(...matrix.subarray(first, first + 8).map(Math.abs)) / most);
          expect(Math.abs(weight - values[i]!)).toBeLessThanOrEqual(step * 0.5001 + 1e-42);
          if (most === 127) expect(weight).toBe(expected[i]! + 0);
        });
      }),
    );
  });

  it("keeps every weight of parts below each other, in groups as small as the smallest", () => {
    const parts = [randomPart(Q4_K!, 16, 256), randomPart(Q6_K!, 8, 256), randomPart(Q8_0!, 24, 256)];
    const { packed, weights } = weightsOf(parts, 256, "i16");
    expect(packed).toMatchObject({ group: 16 });
    expect(weights).toEqual(parts.flatMap(rowsOf));
  });

  it.each(["f32", "i16"] as const)("has rows that stand in pairs in their order (%s)", (compute) => {
    const part = randomPart(Q4_0!, 32, 64, 16);
    const { weights } = weightsOf([part], 64, compute);
    const stored = rowsOf(part);
    // Of a head of 16: 0, 2, …, 14 are the first half, 1, 3, …, 15 the second.
    const order = [0, 16].flatMap((head) =>
      [0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15].map((i) => head + i),
    );
    expect(weights).toEqual(order.map((row) => stored[row]));
  });

  it.each(["f32", "i16"] as const)("is the same when it is read in many steps (%s)", (compute) => {
    const inputs = 8_192;
    const part = randomPart(F16, 136, inputs, 8);
    const alone = Array.from({ length: 17 }, (_, i) => {
      const { stored } = part;
      const start = stored.start + i * 8 * part.rowBytes;
      return new StoredPart("few", { ...stored, shape: [8, inputs], start }, 8);
    });
    const whole = weightsOf([part], inputs, compute).weights;
    const few = alone.flatMap((one) => weightsOf([one], inputs, compute).weights);
    expect(whole).toHaveLength(few.length);
    // A million numbers: an assertion for each would take seconds.
    expect(whole.every((row, r) => Buffer.from(row.buffer).equals(Buffer.from(few[r]!.buffer)))).toBe(true);
  });

  it.each([
    "f32",
    "i16",
    "i8",
  ] as const)("with a number that is not finite is refused by its name (%s)", (compute) => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const at of [0, 37, 64 * 9 - 1]) {
        const bytes = new Uint8Array(
          Float32Array.from({ length: 64 * 9 }, (_, i) => (i === at ? value : i)).buffer,
        );
        const stored = { shape: [9, 64], type: F32, source: bytesInMemory(bytes), start: 0 };
        const pack = () => weightsOf([new StoredPart("blk.0.weight", stored, null)], 64, compute);
        expect(pack).toThrow("blk.0.weight has a value that is no finite number");
      }
    }
  });
});
