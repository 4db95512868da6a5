import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Histogram, RELATIVE_ERROR } from "../../../src/load/clients/histogram.js";
import { quantile } from "../../../src/stats/quantile.js";

const of = (values: readonly number[]): Histogram => {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
};
const value = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(2000),
  fc.nat(60_000_000),
  fc.tuple(fc.nat(52), fc.integer({ min: -1, max: 1 })).map(([power, off]) => Math.max(0, 2 ** power + off)),
);
const values = fc.array(value, { minLength: 1, maxLength: 200 });
const share = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.5, 0.99, 0.999, 1));

describe("the histogram", () => {
  it("gives quantiles within its relative error of the exact ones", () => {
    fc.assert(
      fc.property(values, share, (recorded, p) => {
        const exact = quantile(recorded, p);
        const found = of(recorded).quantile(p)!;
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * RELATIVE_ERROR + 1e-9 * exact);
      }),
    );
  });

  it("gives exact quantiles below 512", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(511), { minLength: 1 }), share, (recorded, p) => {
        expect(of(recorded).quantile(p)).toBeCloseTo(quantile(recorded, p), 9);
      }),
    );
  });

  it("is the same merged as counted in one", () => {
    fc.assert(
      fc.property(values, values, (some, others) => {
        const merged = of(some);
        merged.merge(of(others));
        expect(merged.toJSON()).toEqual(of([...some, ...others]).toJSON());
        expect(merged.count).toBe(some.length + others.length);
      }),
    );
  });

  it("survives being written down", () => {
    fc.assert(
      fc.property(values, (recorded) => {
        const original = of(recorded);
        const read = Histogram.from(JSON.parse(JSON.stringify(original)));
        expect(read.toJSON()).toEqual(original.toJSON());
        expect(read.count).toBe(recorded.length);
      }),
    );
  });

  it("holds the value of its documentation", () => {
    // 2e6 lies in [2^20, 2^21), whose 256 buckets are 4096 wide; 488 · 4096 = 1,998,848 begins its own.
    expect(of([1e6, 2e6, 3e6]).quantile(0.5)).toBe(1_998_848 + 4095 / 2);
  });

  it("says nothing of no values", () => {
    expect(new Histogram().quantile(0.5)).toBeNull();
  });

  it("refuses what it can't hold", () => {
    const histogram = new Histogram();
    expect(() => histogram.record(-1)).toThrow(/from 0 to 2\^53/);
    expect(() => histogram.record(Number.NaN)).toThrow(/received NaN/);
    expect(() => histogram.record(2 ** 53)).toThrow(/from 0 to 2\^53/);
    expect(() => histogram.quantile(2)).toThrow(/from 0 to 1/);
    expect(() => Histogram.from({ buckets: [99_999], counts: [1] })).toThrow(/buckets\[0\]/);
    expect(() => Histogram.from({ buckets: [1], counts: [] })).toThrow(/counts\[0\]/);
  });
});
