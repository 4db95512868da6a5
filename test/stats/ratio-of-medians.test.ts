import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/domain/errors/errors.js";
import { bootstrap } from "../../src/stats/bootstrap.js";
import { expandedConfidence } from "../../src/stats/interval.js";
import { median } from "../../src/stats/quantile.js";
import { random } from "../../src/stats/random.js";
import { pairedRatioOfMedians, ratioOfMedians } from "../../src/stats/ratio-of-medians.js";
import { betaSource, resampledMedian } from "../../src/stats/resampled-median.js";

const interval = (estimate: ReturnType<typeof ratioOfMedians>) => {
  if (!("low" in estimate)) throw new Error(estimate.reason);
  return estimate;
};

describe("betaSource", () => {
  it.each([
    [2, 2],
    [3, 3],
    [3, 4],
    [50, 51],
    [9, 2],
  ])("has the mean a/(a + b) and the variance ab/((a + b)²(a + b + 1)) of Beta(%d, %d)", (a, b) => {
    const draw = betaSource(a, b, random(`beta ${a} ${b}`));
    const values = Array.from({ length: 40_000 }, draw);
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
    const expected = (a * b) / ((a + b) ** 2 * (a + b + 1));
    // Four standard errors of the mean, 5 % of the variance.
    expect(Math.abs(mean - a / (a + b))).toBeLessThan(4 * Math.sqrt(expected / values.length));
    expect(variance / expected).toBeGreaterThan(0.95);
    expect(variance / expected).toBeLessThan(1.05);
  });
});

describe("resampledMedian", () => {
  // The exact bootstrap distributions of the median of 0…n−1: all n^n resamples enumerated (Python, itertools.product).
  const EXACT = {
    5: [0.05792, 0.25952, 0.36512, 0.25952, 0.05792],
    6: [
      0.008702, 0.0261488, 0.0811471, 0.1191701, 0.1767404, 0.1761833, 0.1767404, 0.1191701, 0.0811471,
      0.0261488, 0.008702,
    ],
  };

  it.each([5, 6] as const)("has the distribution of the medians of all resamples of %d values", (n) => {
    const exact = EXACT[n];
    const step = (n - 1) / (exact.length - 1);
    const draw = resampledMedian(
      Float64Array.from({ length: n }, (_, i) => i),
      random(`exact ${n}`),
    );
    const draws = 100_000;
    const counts = new Array<number>(exact.length).fill(0);
    for (let i = 0; i < draws; i++) counts[draw() / step]!++;
    const chiSquared = exact.reduce((sum, p, i) => sum + (counts[i]! - draws * p) ** 2 / (draws * p), 0);
    // 0.1 % points of chi-squared with 4 and 10 degrees of freedom.
    expect(chiSquared).toBeLessThan(n === 5 ? 18.5 : 29.6);
  });
});

describe("ratioOfMedians", () => {
  const above = [1.1092, 1.2795, 1.1042, 0.6764, 1.3121, 1.1433, 0.8512, 1.1905, 1.1156, 1.0922, 1.0086];
  const below = [
    0.5891, 0.4009, 0.4762, 0.4327, 0.5984, 0.506, 0.458, 0.3955, 0.4629, 0.5012, 0.4603, 0.7372,
  ];

  it("agrees with a million resamples in NumPy", () => {
    // NumPy 2.4.6: numpy.quantile(median(a[…]) / median(b[…]), [q, 1 − q]) of 1,000,000 resamples, q = 0.0097
    // from SciPy: norm.cdf(-sqrt(11 / 10) * t.ppf(0.975, 10)).
    const { estimate, low, high } = interval(
      ratioOfMedians(above, below, { resamples: 100_000, random: random(1) }),
    );
    expect(estimate).toBeCloseTo(2.362261739963795, 12);
    expect(Math.abs(low - 1.854)).toBeLessThan(0.02);
    expect(Math.abs(high - 2.6612)).toBeLessThan(0.02);
  });

  it("gives the same interval for the same data and seed", () => {
    expect(ratioOfMedians(above, below)).toEqual(ratioOfMedians(above, below));
    expect(ratioOfMedians(above, below, { random: random(1) })).toEqual(
      ratioOfMedians([...above].reverse(), below, { random: random(1) }),
    );
  });

  it("turns over with its groups", () => {
    const one = interval(ratioOfMedians(above, below));
    const other = interval(ratioOfMedians(below, above));
    expect(other.estimate).toBeCloseTo(1 / one.estimate, 12);
    expect(other.low).toBeCloseTo(1 / one.high, 1);
  });

  it("goes further than the values where their range can't hold the median often enough: 5 of them", () => {
    // The range of 5 values holds their median in 1 − 2/32 = 93.75 % of the samples; of 6, in 96.9 %.
    const { low, high } = interval(ratioOfMedians([8, 9, 10, 11, 12], [1, 1, 1, 1, 1]));
    expect(low).toBeCloseTo(10 * 0.8 ** 1.1, 9);
    expect(high).toBeCloseTo(10 * 1.2 ** 1.1, 9);
    const six = interval(ratioOfMedians([8, 9, 10, 10, 11, 12], [1, 1, 1, 1, 1, 1]));
    expect(six.low).toBeGreaterThanOrEqual(8);
    expect(six.high).toBeLessThanOrEqual(12);
  });

  it("has no interval for fewer than 5 values, and says so", () => {
    expect(ratioOfMedians([2, 4], below)).toEqual({
      estimate: 3 / median(below),
      reason: "2 values: an interval needs at least 5",
    });
    expect(ratioOfMedians([], below)).toEqual({ estimate: null, reason: "a group has no values" });
    for (const [one, other] of [
      [above, [0, ...below]],
      [[0, ...above], below],
    ] as const)
      expect(ratioOfMedians(one, other)).toEqual({
        estimate: null,
        reason: "a group has values of 0 or less",
      });
    const small = [0.2, 0.3, 0.4, 0.5, 0.6];
    expect(ratioOfMedians(small, small)).toMatchObject({ estimate: 1, low: expect.any(Number) });
  });

  it("refuses options out of range and broken numbers", () => {
    expect(() => ratioOfMedians(above, below, { resamples: 10 })).toThrow(OptionError);
    expect(() => ratioOfMedians(above, below, { confidence: 95 })).toThrow(
      "confidence must be between 0 and 1",
    );
    expect(() => ratioOfMedians([Number.NaN, ...above], below)).toThrow("values[0] must be a finite number");
  });
});

describe("coverage of the 95 % interval on lognormal data", () => {
  const TRIALS = 400;
  const trial = (n: number, seed: string, paired: boolean) => {
    const source = random(seed);
    const draw = () => Math.exp(0.3 * source.normal());
    const below = Array.from({ length: n }, draw);
    const above = below.map((value) => 2 * draw() * (paired ? value : 1));
    const options = { resamples: 500, random: source.fork("bootstrap") };
    const { low, high } = interval(
      paired
        ? pairedRatioOfMedians(
            above.map((x, i) => [x, below[i]!]),
            options,
          )
        : ratioOfMedians(above, below, options),
    );
    return low <= 2 && 2 <= high;
  };

  // The binomial standard error of 400 trials at 95 % is 1.1 %; medians of few values are covered a little too well.
  it.each([10, 30])("is between 93 and 99.9 % for two groups of %d", (n) => {
    const covered = Array.from({ length: TRIALS }, (_, i) => trial(n, `coverage ${n} ${i}`, false));
    expect(covered.filter(Boolean).length / TRIALS).toBeGreaterThanOrEqual(0.93);
    expect(covered.filter(Boolean).length / TRIALS).toBeLessThan(0.999);
  });

  it.each([10, 30])("is between 93 and 99.9 % for %d pairs", (n) => {
    const covered = Array.from({ length: TRIALS }, (_, i) => trial(n, `paired ${n} ${i}`, true));
    expect(covered.filter(Boolean).length / TRIALS).toBeGreaterThanOrEqual(0.93);
    expect(covered.filter(Boolean).length / TRIALS).toBeLessThan(0.999);
  });
});

describe("pairedRatioOfMedians", () => {
  it("is sure of a factor that every pair shares, however the pairs vary", () => {
    const pairs = [1, 20, 3, 400, 5, 60].map((value) => [2 * value, value] as const);
    expect(pairedRatioOfMedians(pairs)).toEqual({ estimate: 2, low: 2, high: 2 });
    const independent = interval(
      ratioOfMedians(
        pairs.map(([x]) => x),
        pairs.map(([, y]) => y),
      ),
    );
    expect(independent.high / independent.low).toBeGreaterThan(10);
  });

  it.each([6, 11, 12])("is that of the medians of resamples, drawn and sorted one by one: %d pairs", (n) => {
    const { int } = random(n);
    const values = Array.from({ length: n }, () => 1 + int(1_000) / 1_000);
    const pairs = values.map((value) => [value, 1] as const);
    const { estimate, low, high } = interval(pairedRatioOfMedians(pairs, { random: random(1) }));
    const drawn = interval(
      bootstrap(values, median, { confidence: expandedConfidence(0.95, n), random: random(1) }),
    );
    expect(estimate).toBe(drawn.estimate);
    expect(low).toBeCloseTo(drawn.low, 12);
    expect(high).toBeCloseTo(drawn.high, 12);
  });

  it("has no interval for fewer than 5 pairs", () => {
    expect(pairedRatioOfMedians([[2, 1]])).toEqual({
      estimate: 2,
      reason: "1 pair: an interval needs at least 5",
    });
    expect(pairedRatioOfMedians([])).toEqual({ estimate: null, reason: "there are no pairs" });
  });
});
