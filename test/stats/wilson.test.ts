import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wilsonInterval } from "../../src/stats/wilson.js";

describe("wilsonInterval", () => {
  it.each([
    // Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("of %i in %i is Newcombe's", (successes, n, low, high) => {
    const interval = wilsonInterval(successes, n);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it("holds the share, lies within 0 and 1, and mirrors what failed", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, share) => {
          const successes = Math.round(share * n);
          const [own, other] = [wilsonInterval(successes, n), wilsonInterval(n - successes, n)];
          expect(own.low).toBeGreaterThanOrEqual(0);
          expect(own.low).toBeLessThanOrEqual(successes / n);
          expect(own.high).toBeGreaterThanOrEqual(successes / n);
          expect(own.low).toBeCloseTo(1 - other.high, 9);
        },
      ),
    );
  });

  it("refuses counts that are none", () => {
    expect(() => wilsonInterval(3, 2)).toThrow("successes must be a whole number from 0 to 2");
    expect(() => wilsonInterval(0, 0)).toThrow("n must be a whole number from 1");
  });
});
