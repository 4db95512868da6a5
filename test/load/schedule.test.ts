import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrivalTimes, type Pace, type Spacing, traceTimes } from "../../src/load/schedule.js";
import { random } from "../../src/stats/random.js";

const steady = (ratePerSecond: number): Pace => ({ kind: "steady", ratePerSecond });
const gamma = (burstiness: number): Spacing => ({ kind: "gamma", burstiness });
const gapsOf = (times: Float64Array) => times.subarray(1).map((at, index) => at - times[index]!);
const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

const rate = fc.double({ min: 0.01, max: 1000, noNaN: true });
const spacing: fc.Arbitrary<Spacing> = fc.oneof(
  fc.constant<Spacing>({ kind: "constant" }),
  fc.constant<Spacing>({ kind: "poisson" }),
  fc.double({ min: 1e-4, max: 1e4, noNaN: true }).map(gamma),
);
const pace: fc.Arbitrary<Pace> = fc.oneof(
  rate.map(steady),
  fc.record({
    kind: fc.constantFrom("linear" as const, "exponential" as const),
    startPerSecond: rate,
    endPerSecond: rate,
  }),
);

describe("a schedule of arrivals", () => {
  it("begins at 0, never goes back, and is the same from the same seed", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        pace,
        spacing,
        fc.integer(),
        (count, pace, spacing, seed) => {
          const times = arrivalTimes(count, pace, spacing, random(seed));
          expect(times.length).toBe(count);
          expect(times[0]).toBe(0);
          expect(gapsOf(times).every((gap) => gap >= 0 && Number.isFinite(gap))).toBe(true);
          expect(arrivalTimes(count, pace, spacing, random(seed))).toEqual(times);
        },
      ),
      {
        examples: [
          // A burst on a rising ramp, where rounding once went back.
          [
            45,
            { kind: "linear", startPerSecond: 2.8478605197723152, endPerSecond: 50.547967300954696 },
            { kind: "gamma", burstiness: 0.01352089333100914 },
            -1559914990,
          ],
        ],
      },
    );
  });

  it("comes at exactly its rate, whatever the spacing and however few they are", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 200 }),
        rate,
        spacing,
        fc.integer(),
        (count, rate, spacing, seed) => {
          const times = arrivalTimes(count, steady(rate), spacing, random(seed));
          expect(times.at(-1)! / ((count - 1) / rate)).toBeCloseTo(1, 9);
        },
      ),
    );
  });

  it("is even where it is constant", () => {
    expect([...arrivalTimes(4, steady(2), { kind: "constant" }, random(1))]).toEqual([0, 0.5, 1, 1.5]);
  });

  it.each([
    0.1, 0.5, 1, 4,
  ])("has gaps with a coefficient of variation of 1/√%d at this burstiness", (burstiness) => {
    const gaps = gapsOf(arrivalTimes(40_000, steady(3), gamma(burstiness), random("variation")));
    const middle = mean(gaps);
    const variation = Math.sqrt(mean(gaps.map((gap) => (gap - middle) ** 2))) / middle;
    expect(variation * Math.sqrt(burstiness)).toBeCloseTo(1, 1);
  });

  // Points of the chi-squared distribution with k degrees of freedom, from tables (Abramowitz and Stegun, table 26.8): a gamma
  // distribution of shape k/2, here with the mean 1.
  it.each([
    [1, [0.00393, 0.4549, 3.8415]],
    [2, [0.10259, 1.3863, 5.9915]],
    [4, [0.71072, 3.3567, 9.4877]],
    [10, [3.9403, 9.3418, 18.307]],
  ])("has gaps of a gamma distribution: chi-squared with %d degrees of freedom", (freedom, points) => {
    const gaps = gapsOf(
      arrivalTimes(40_001, steady(1), gamma(freedom / 2), random(`chi-squared ${freedom}`)),
    );
    const below = points.map((point) => gaps.filter((gap) => gap < point / freedom).length / gaps.length);
    // Four standard errors of a share of 40,000.
    [0.05, 0.5, 0.95].forEach((share, index) => {
      expect(Math.abs(below[index]! - share)).toBeLessThan(
        4 * Math.sqrt((share * (1 - share)) / gaps.length),
      );
    });
  });

  it("is Poisson at a burstiness of 1", () => {
    const poisson = arrivalTimes(100, steady(5), { kind: "poisson" }, random(3));
    expect(poisson).toEqual(arrivalTimes(100, steady(5), gamma(1), random(3)));
  });

  it("has all but a few gaps near 0 at a burstiness of 0.001, and no broken number", () => {
    const gaps = gapsOf(arrivalTimes(1000, steady(1), gamma(0.001), random(4)));
    expect(gaps.filter((gap) => gap < 1e-9).length).toBeGreaterThan(900);
    expect(mean(gaps)).toBeCloseTo(1, 9);
  });
});

describe("a ramp", () => {
  const even: Spacing = { kind: "constant" };
  const ramp = (kind: "linear" | "exponential", startPerSecond: number, endPerSecond: number): Pace => ({
    ...{ kind, startPerSecond, endPerSecond },
  });
  /** Arrivals in this part of the whole time. */
  const within = (times: Float64Array, from: number, to: number) =>
    times.filter((at) => at >= from * times.at(-1)! && at < to * times.at(-1)!).length;

  it("has a rate that rises in proportion to the time: 1/4 of the arrivals in the first half from 0 on", () => {
    const times = arrivalTimes(40_001, ramp("linear", 1e-9, 10), even, random(1));
    expect(within(times, 0, 0.5)).toBeCloseTo(10_000, -2);
    // 40,000 at 5 a second on average.
    expect(times.at(-1)!).toBeCloseTo(8_000, 0);
  });

  it("falls as well as it rises", () => {
    const up = arrivalTimes(101, ramp("linear", 1, 9), even, random(1));
    const down = arrivalTimes(101, ramp("linear", 9, 1), even, random(1));
    const mirrored = up.map((_, index) => up.at(-1)! - up[100 - index]!);
    down.forEach((at, index) => {
      expect(at).toBeCloseTo(mirrored[index]!, 9);
    });
  });

  it("doubles in equal times where it is exponential: from 1 to 8 has 1, 2 and 4 sevenths in thirds of the time", () => {
    const times = arrivalTimes(7_001, ramp("exponential", 1, 8), even, random(1));
    const thirds = [0, 1, 2].map((third) => within(times, third / 3, (third + 1) / 3));
    for (const [index, share] of [1000, 2000, 4000].entries()) expect(thirds[index]!).toBeCloseTo(share, -1);
  });

  it("is a steady pace where it ends as it began", () => {
    for (const kind of ["linear", "exponential"] as const)
      expect(arrivalTimes(9, ramp(kind, 4, 4), even, random(1))).toEqual(
        arrivalTimes(9, steady(4), even, random(1)),
      );
  });
});

describe("a trace's own times", () => {
  it("begin at 0 and run as fast as asked", () => {
    expect([...traceTimes([10, 10.5, 14], 2)]).toEqual([0, 0.25, 2]);
    expect([...traceTimes([], 2)]).toEqual([]);
  });

  it.each([
    [[1, 3, 2], 1, "times[2] must not lie before the time ahead of it; received 2."],
    [[1, Number.NaN], 1, "times[1] must be a number of seconds; received NaN."],
    [[1, 2], 0, "speed must be a number above 0; received 0."],
  ])("%j at speed %d is refused", (times, speed, message) => {
    expect(() => traceTimes(times, speed)).toThrow(message);
  });
});

describe("a schedule refuses", () => {
  const even: Spacing = { kind: "constant" };
  it.each([
    [0, steady(1), even, "count must be a whole number of at least 1; received 0."],
    [3, steady(0), even, "ratePerSecond must be a number above 0; received 0."],
    [3, steady(Number.POSITIVE_INFINITY), even, "ratePerSecond must be a number above 0; received Infinity."],
    [3, steady(1), gamma(-1), "burstiness must be a number above 0; received -1."],
    [
      3,
      { kind: "linear", startPerSecond: 0, endPerSecond: 2 } as const,
      even,
      "startPerSecond must be a number above 0; received 0.",
    ],
  ])("%d requests, %j, %j", (count, pace, spacing, message) => {
    expect(() => arrivalTimes(count, pace, spacing, random(1))).toThrow(message);
  });
});
