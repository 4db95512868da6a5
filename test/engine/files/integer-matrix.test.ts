import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type IntegerMatrix,
  joinedMatrix,
  reorderedMatrix,
  roundedMatrix,
} from "../../../src/engine/files/integer-matrix.js";

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
