import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Random, random } from "../../src/stats/random.js";
import { trend } from "../../src/stats/trend.js";
import { autoregression, queueLatencies } from "./simulated-latencies.js";

const values = fc.array(fc.double({ min: 0.001, max: 1000, noNaN: true }), { minLength: 24, maxLength: 200 });

describe("whether values kept their level", () => {
  it("is seen in a plain rise and a plain fall", () => {
    const rise = Array.from({ length: 80 }, (_, index) => 1 + index / 40);
    // Medians of ten each, 0.25 apart: 7 · 0.25 over the median of all, 1.9875.
    expect(trend(rise)).toEqual({ steady: false, relativeChange: expect.closeTo(1.75 / 1.9875, 9) });
    expect(trend(rise.toReversed()).relativeChange).toBeCloseTo(-1.75 / 1.9875, 9);
  });

  it("can't be told of fewer than 24", () => {
    expect(trend(Array.from({ length: 23 }, (_, index) => index))).toEqual({
      steady: null,
      relativeChange: null,
    });
    expect(trend([])).toEqual({ steady: null, relativeChange: null });
    expect(trend(Array.from({ length: 24 }, (_, index) => index)).steady).toBe(false);
  });

  it("is so where all are equal, also to 0", () => {
    for (const value of [0, 0.5])
      expect(trend(new Array(40).fill(value))).toEqual({ steady: true, relativeChange: 0 });
  });

  it("is so where the rise is proven but small", () => {
    const slow = Array.from({ length: 4000 }, (_, index) => 1 + (0.08 * index) / 4000);
    expect(trend(slow).steady).toBe(true);
    expect(trend(slow.map((value) => 1 + 2 * (value - 1))).steady).toBe(false);
  });

  it("is not lost by two enormous values in each eighth", () => {
    const level = random("outliers");
    const spiked = Array.from({ length: 80 }, (_, index) =>
      index % 10 < 2 ? 1000 * (index + 1) : 1 + 0.1 * level(),
    );
    expect(trend(spiked).steady).toBe(true);
  });

  it("does not depend on the unit, and turns with the time", () => {
    fc.assert(
      fc.property(values, fc.constantFrom(0.25, 1024), (values, unit) => {
        const here = trend(values);
        expect(trend(values.map((value) => unit * value))).toEqual(here);
        const back = trend(values.toReversed());
        if (values.length % 8 === 0) {
          expect(back.steady).toBe(here.steady);
          expect(back.relativeChange).toBeCloseTo(-here.relativeChange!, 9);
        }
      }),
    );
  });

  it("has the exact level of Kendall's S: 1.4 % of all orders of eight values", () => {
    // Counts of inversions of 8 values (the Mahonian numbers, OEIS A008302, row 8): S = 28 − 2 · inversions.
    const inversions = [1, 7, 27, 76, 174];
    const extreme = 2 * inversions.reduce((sum, count) => sum + count, 0);
    expect(extreme / 40_320).toBeCloseTo(0.0141, 4);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("is not asked of %d", (value) => {
    expect(() => trend([1, value])).toThrow(`values[1] must be a finite number; received ${value}.`);
  });

  it("is called lost in few of many steady loads, and in nearly all that grow", () => {
    const lost = (name: string, make: (draw: Random) => number[]) => {
      const draw = random(name);
      return (
        Array.from({ length: 300 }, () => trend(make(draw))).filter(({ steady }) => steady === false).length /
        300
      );
    };
    expect(lost("independent", (draw) => autoregression(80, 0, 3, draw))).toBeLessThan(0.04);
    expect(lost("half busy", (draw) => queueLatencies(80, { load: 0.5, skipped: 200 }, draw))).toBeLessThan(
      0.05,
    );
    expect(lost("overload", (draw) => queueLatencies(80, { load: 1.5, skipped: 16 }, draw))).toBeGreaterThan(
      0.95,
    );
  });
});
