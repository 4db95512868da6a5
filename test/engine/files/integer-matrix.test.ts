import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesInMemory } from "../../../src/engine/files/byte-source.js";
import {
  type IntegerMatrix,
  joinedMatrix,
  reorderedMatrix,
  roundedMatrix,
} from "../../../src/engine/files/integer-matrix.js";
import { readIntegers, readTensor } from "../../../src/engine/files/tensor-file.js";
import { F16, F32 } from "../../../src/engine/files/tensor-types.js";

const weights = ({ group, codes, scales, leasts }: IntegerMatrix) =>
  Array.from(codes, (code, i) => code * scales[Math.floor(i / group)]! + leasts[Math.floor(i / group)]!);

const float = fc.float({ noNaN: true, noDefaultInfinity: true });

const matrix = (inputs: number, most = 127) =>
  fc
    .integer({ min: 1, max: 5 })
    .chain((rows) =>
      fc.array(fc.float({ noNaN: true, min: -100, max: 100 }), {
        minLength: rows * inputs,
        maxLength: rows * inputs,
      }),
    )
    .map((values) => roundedMatrix(Float32Array.from(values), inputs, most));

describe("a tensor of 16 or 32 bits", () => {
  it.each([
    F32,
    F16,
  ])("of type $name, larger than is read at once, is rounded as its fp32 numbers are", (type) => {
    const [rows, inputs] = [70_003, 32];
    const bytes = new Uint8Array(rows * inputs * type.blockBytes);
    // Bits of numbers, none of them infinite.
    for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 37 + (i >> 8)) % 59;
    const tensor = { shape: [rows, inputs], type, source: bytesInMemory(bytes), start: 0 };
    const got = readIntegers(tensor, 127);
    const expected = roundedMatrix(readTensor(tensor), inputs, 127);
    const bits = ({ buffer }: Int8Array | Float32Array) => Buffer.from(buffer);
    for (const key of ["codes", "scales", "leasts"] as const) {
      expect(Buffer.compare(bits(got[key]), bits(expected[key]))).toBe(0);
    }
    expect(new Set(got.codes).size).toBeGreaterThan(4);
  });
});

describe("a matrix of integers", () => {
  it.each([127, 63])("rounds fp32 by at most half a step of ±%s", (most) => {
    fc.assert(
      fc.property(fc.array(float, { minLength: 24, maxLength: 24 }), (values) => {
        const rounded = roundedMatrix(Float32Array.from(values), 24, most);
        expect(rounded.group).toBe(8);
        expect(Math.max(...rounded.codes.map(Math.abs))).toBeLessThanOrEqual(most);
        weights(rounded).forEach((weight, i) => {
          const step = rounded.scales[Math.floor(i / 8)]!;
          expect(Math.abs(weight - values[i]!)).toBeLessThanOrEqual(step * 0.5001 + 1e-42);
        });
      }),
    );
  });

  it("has a scale for 32 neighbours where rows allow it, else for 16 or 8", () => {
    const groups = [64, 48, 40].map((inputs) => roundedMatrix(new Float32Array(inputs), inputs, 127).group);
    expect(groups).toEqual([32, 16, 8]);
  });

  it("keeps every weight when it is joined with others, also of smaller groups", () => {
    const smaller = (part: IntegerMatrix): IntegerMatrix => ({
      ...part,
      group: 16,
      scales: part.scales.map((scale) => scale / 2),
    });
    fc.assert(
      fc.property(matrix(32), matrix(32), (a, b) => {
        const halved = { ...b, scales: Float32Array.from([...b.scales].flatMap((s) => [s, s])) };
        const small = smaller({ ...halved, leasts: new Float32Array(halved.scales.length).fill(0.25) });
        expect(weights(joinedMatrix([a, small]))).toEqual([...weights(a), ...weights(small)]);
      }),
    );
  });

  it("keeps every row when rows change places", () => {
    fc.assert(
      fc.property(matrix(16), (before) => {
        const rows = before.codes.length / 16;
        const order = Array.from({ length: rows }, (_, row) => rows - 1 - row);
        const after = weights(reorderedMatrix(before, order));
        const all = weights(before);
        expect(after).toEqual(order.flatMap((row) => all.slice(row * 16, (row + 1) * 16)));
      }),
    );
  });
});
