import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/domain/errors/errors.js";
import { retained } from "../../src/stats/retained.js";

const times = <T>(n: number, of: (index: number) => T): T[] =>
  Array.from({ length: n }, (_, index) => of(index));
const score = fc.integer({ min: 0, max: 20 }).map((twentieths) => twentieths / 20);
const pairs = fc.array(fc.tuple(score, score), { minLength: 1, maxLength: 40 });

describe("retained", () => {
  it("is the ratio of the means, within its interval, whatever the order of the pairs", () => {
    fc.assert(
      fc.property(pairs, (some) => {
        const result = retained(some, { resamples: 100 });
        if (result.estimate === null) return;
        const sum = (place: 0 | 1) => some.reduce((all, pair) => all + pair[place], 0);
        expect(result.estimate).toBeCloseTo(sum(0) / sum(1), 9);
        if ("low" in result) {
          expect(result.low).toBeGreaterThanOrEqual(0);
          expect(result.low).toBeLessThanOrEqual(result.estimate + 1e-9);
          expect(result.high).toBeGreaterThanOrEqual(result.estimate - 1e-9);
        }
        expect(retained([...some].reverse(), { resamples: 100 })).toEqual(result);
      }),
      { numRuns: 100 },
    );
  });

  it("has an interval from 5 pairs on, and none where a single score is outside 0 to 1", () => {
    const equal = times(5, () => [1, 1] as const);
    expect(retained(equal)).toHaveProperty("low");
    expect(retained(equal.slice(1))).toEqual({
      estimate: 1,
      reason: "4 pairs: an interval needs at least 5",
    });
    for (const wrong of [[1, 2] as const, [-0.5, 1] as const])
      expect(retained([...equal, wrong])).toEqual({
        estimate: null,
        reason: "an interval needs scores from 0 to 1",
      });
  });

  it("leaves room for losses that have not come up, less with more examples", () => {
    const equal = (n: number) => retained(times(n, () => [1, 1])) as { low: number; high: number };
    // Clopper and Pearson's bound for 0 of n, two-sided 95 %: 1 - 0.025^(1/n).
    expect(equal(20).low).toBeCloseTo(0.025 ** (1 / 20), 2);
    expect(equal(200).low).toBeCloseTo(0.025 ** (1 / 200), 2);
    // The baseline may have been lucky, too.
    expect(equal(20).high).toBeCloseTo(1 / equal(20).low, 2);
  });

  it("is refused where the baseline may score 0, and stands alone for a few pairs", () => {
    expect(retained(times(30, () => [1, 0]))).toEqual({
      estimate: null,
      reason: "the baseline scores 0: there is nothing to retain",
    });
    const rare = retained(times(30, (index) => [0, index === 0 ? 1 : 0]));
    expect(rare).toMatchObject({ estimate: null, reason: expect.stringMatching(/interval \[0.*includes 0/) });
    expect(retained(times(4, () => [0.5, 1]))).toMatchObject({ estimate: 0.5, reason: expect.any(String) });
  });

  it("refuses what are no scores", () => {
    expect(() => retained([])).toThrow(OptionError);
    expect(() => retained([[Number.NaN, 1]])).toThrow("pairs[0]");
    expect(retained(times(9, () => [50, 60]))).toMatchObject({ estimate: null });
  });
});
