import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lowerMean, meanInterval } from "../../src/stats/bounded-mean.js";
import { criticalRatio } from "../../src/stats/count-limit.js";

const critical = criticalRatio(0.05);
const bound = (values: readonly number[], lowest = -1) =>
  lowerMean(Float64Array.from(values), lowest, critical);

describe("the lower bound of a mean", () => {
  it("is Clopper and Pearson's where all values are equal", () => {
    for (const n of [5, 20, 149]) {
      expect(bound(Array(n).fill(0))).toBeCloseTo(-(1 - 0.05 ** (1 / n)), 9);
      expect(bound(Array(n).fill(0.5), 0)).toBeCloseTo(0.5 * 0.05 ** (1 / n), 9);
    }
  });

  it("is the worst value where all are that one", () => {
    expect(bound([-1, -1, -1])).toBe(-1);
    expect(bound([0, 0], 0)).toBe(0);
  });

  it("takes a value that only rounding keeps from the worst for the worst", () => {
    const others = [0.1, -0.2, 0, 0.3, 0];
    expect(bound([...others, -1 + 1e-12])).toBeCloseTo(bound([...others, -1]), 9);
  });

  it("is where the likelihood ratio of a share of losses reaches its critical value", () => {
    for (const [losses, n] of [
      [1, 10],
      [3, 40],
      [30, 60],
    ] as const) {
      const share = -bound([...Array(losses).fill(-1), ...Array(n - losses).fill(0)]);
      expect(share).toBeGreaterThan(losses / n);
      const ratio =
        losses * Math.log(losses / n / share) + (n - losses) * Math.log((1 - losses / n) / (1 - share));
      // Lyapunov's ratio under that share, of distances from the mean that was seen.
      const [variance, cube] = [2, 3].map(
        (power) => share * (1 - losses / n) ** power + (1 - share) * (losses / n) ** power,
      ) as [number, number];
      expect(ratio).toBeCloseTo(critical(cube / variance ** 1.5 / Math.sqrt(n)), 6);
    }
  });

  it("moves and grows with the values, and never rises when one of them falls", () => {
    const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 0.5, noNaN: true }), (sample, fall) => {
        const own = bound(sample);
        expect(
          bound(
            sample.map((value) => 3 * value + 2),
            -1,
          ),
        ).toBeCloseTo(3 * own + 2, 6);
        expect(own).toBeLessThanOrEqual(sample.reduce((sum, value) => sum + value, 0) / sample.length + 1e-9);
        const [first, ...rest] = sample as [number, ...number[]];
        expect(bound([Math.max(-1, first - fall), ...rest])).toBeLessThanOrEqual(own + 1e-6);
      }),
      { numRuns: 60 },
    );
  });
});

it("the interval of a mean has a bound on either side, each with half the tail", () => {
  const values = Float64Array.from([0, 0.2, -0.1, 0.4, 0, 0, -0.3, 0.1]);
  const { low, high } = meanInterval(values, 0.9, { lowest: -1, highest: 1 });
  expect(low).toBe(bound([...values]));
  expect(high).toBe(-bound([...values].map((value) => -value)));
});
