import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/domain/errors/errors.js";
import { median, quantile } from "../../src/stats/quantile.js";
import { summary } from "../../src/stats/summary.js";

// NumPy 2.4.6: numpy.quantile(VALUES, p), numpy.mean, numpy.std(ddof=1).
const VALUES = [3.1, 0.5, 2.2, 9.75, 4.0, 4.0, 7.3];
const NUMPY = [
  [0, 0.5],
  [0.05, 1.01],
  [0.25, 2.65],
  [0.5, 4],
  [0.75, 5.65],
  [0.95, 9.015],
  [1, 9.75],
] as const;

describe("quantile", () => {
  it.each(NUMPY)("at %d is NumPy's", (p, expected) => {
    expect(quantile(VALUES, p)).toBeCloseTo(expected, 12);
  });

  it("is R's type 7 of the sample in Hyndman and Fan's definition: (n − 1)p + 1", () => {
    // R 4: quantile(1:4, 0.75, type = 7) is 3.25, quantile(c(1, 10), 0.1) is 1.9.
    expect(quantile([1, 2, 3, 4], 0.75)).toBe(3.25);
    expect(quantile([10, 1], 0.1)).toBeCloseTo(1.9, 12);
  });

  it("lies between the extremes, grows with p, and does not depend on the order", () => {
    const numbers = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 });
    fc.assert(
      fc.property(
        numbers,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, p, q) => {
          const frozen = Object.freeze([...values]);
          const at = quantile(frozen, p);
          expect(at).toBeGreaterThanOrEqual(Math.min(...values));
          expect(at).toBeLessThanOrEqual(Math.max(...values));
          expect(quantile([...values].reverse(), p)).toBe(at);
          if (q >= p) expect(quantile(values, q)).toBeGreaterThanOrEqual(at - 1e-9 * Math.abs(at));
        },
      ),
    );
  });

  it("refuses what has no quantile", () => {
    expect(() => quantile([], 0.5)).toThrow("values must hold at least one number");
    expect(() => quantile([1, Number.NaN, 2], 0.5)).toThrow(
      "values[1] must be a finite number; received NaN.",
    );
    expect(() => quantile([1, Number.POSITIVE_INFINITY], 0.5)).toThrow(OptionError);
    expect(() => quantile([1], 1.5)).toThrow("p must be from 0 to 1; received 1.5.");
  });
});

describe("median and summary", () => {
  it("take the middle value, or the mean of the two middle ones", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([3, 1, 2, 10])).toBe(2.5);
  });

  it("agree with NumPy", () => {
    const { mean, sd, ...rest } = summary(VALUES);
    expect(mean).toBeCloseTo(4.4071428571428575, 12);
    expect(sd).toBeCloseTo(3.1382623338705256, 12);
    expect(rest).toEqual({ n: 7, median: 4, min: 0.5, max: 9.75, p95: expect.closeTo(9.015, 12) });
  });

  it("give no standard deviation of a single value, but one of two", () => {
    expect(summary([1, 3]).sd).toBeCloseTo(Math.SQRT2, 12);
    expect(summary([0.4])).toEqual({ n: 1, mean: 0.4, sd: null, median: 0.4, min: 0.4, max: 0.4, p95: 0.4 });
  });
});
