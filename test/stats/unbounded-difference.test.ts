import { describe, expect, it } from "vitest";
import { bootstrap } from "../../src/stats/bootstrap.js";
import { random } from "../../src/stats/random.js";
import { meanOf } from "../../src/stats/summary.js";
import { unboundedDifference, unboundedMean } from "../../src/stats/unbounded-difference.js";

const values = Float64Array.of(0.1, 0.4, 0.2, 3.1, 0.9, 0, 0.3, 1.2, 0.6, 0.2);

describe("the mean of values without a bound", () => {
  it("has the bootstrap's interval at Hesterberg's wider confidence: 0.9829 for 10 values at 0.95", () => {
    // 1 − 2·Φ(−√(10/9)·t), t = 2.262157 from a table of Student's t with 9 degrees of freedom.
    const wide = bootstrap(values, meanOf, { confidence: 0.982_89, random: random("a") });
    const plain = bootstrap(values, meanOf, { confidence: 0.95, random: random("a") });
    const got = unboundedMean(values, { random: random("a") });
    if (!("low" in got && "low" in wide && "low" in plain)) throw new Error("no interval");
    expect(got.estimate).toBeCloseTo(0.7, 12);
    expect(got.low).toBeCloseTo(wide.low, 2);
    expect(got.high).toBeCloseTo(wide.high, 2);
    expect(got.low).toBeLessThan(plain.low);
    expect(got.high).toBeGreaterThan(plain.high);
  });

  it("has none for fewer than 5, and of 5 a wider one too", () => {
    const five = values.subarray(0, 5);
    const plain = bootstrap(five, meanOf, { random: random("a") });
    const got = unboundedMean(five, { random: random("a") });
    if (!("low" in got && "low" in plain)) throw new Error("no interval");
    expect(got.high).toBeGreaterThan(plain.high);
    expect(unboundedMean(values.subarray(0, 1))).toHaveProperty("reason");
    expect(unboundedMean(values.subarray(0, 4))).toEqual({
      estimate: expect.closeTo(0.95, 12),
      reason: "4 values: an interval needs at least 5",
    });
  });
});

describe("the difference of values without a bound", () => {
  it("is the method's less the baseline's, with the p of Fisher's test: 2 of 32 patterns where 5 are of one sign", () => {
    const { mean, p } = unboundedDifference([1, 2, 3, 4, 5].map((by) => [10 + by, 10]));
    expect(mean.estimate).toBe(3);
    expect(p).toBeCloseTo(2 / 32, 2);
    const turned = unboundedDifference([1, 2, 3, 4, 5].map((by) => [10, 10 + by]));
    expect(turned.mean.estimate).toBe(-3);
    expect(turned.p).toBe(p);
  });

  it("has the p of the sign test where all are of one size, also beyond the 32 signs of one draw", () => {
    // P(|2B − 99| ≥ 21) of B from a binomial of 99 and 1/2 is 0.04387, summed exactly.
    const pairs = Array.from({ length: 99 }, (_, i) => (i < 60 ? ([1, 0] as const) : ([0, 1] as const)));
    const { p } = unboundedDifference(pairs, { resamples: 40_000, random: random("signs of 99") });
    expect(p).toBeGreaterThan(0.0408);
    expect(p).toBeLessThan(0.0469);
  });

  it("draws the same again from the same seed, with as many resamples as it is told", () => {
    const pairs = [...values].map((value, i) => [value, values[(i + 3) % 10]!] as const);
    const at = (resamples: number) => unboundedDifference(pairs, { resamples, random: random("b") });
    expect(at(500)).toEqual(at(500));
    // A p is a whole number of one more than the draws.
    expect(at(500).p * 501).toBeCloseTo(Math.round(at(500).p * 501), 9);
    expect(at(100).p * 101).toBeCloseTo(Math.round(at(100).p * 101), 9);
  });
});
