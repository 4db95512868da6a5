import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/domain/errors/errors.js";
import { markOutliers } from "../../src/stats/outliers.js";

const marked = (values: readonly number[]) => values.filter((_, index) => markOutliers(values)[index]);

// The bounds are worked out by hand from the two scores of https://www.itl.nist.gov/div898/handbook/eda/section3/eda35h.htm.
describe("an outlier", () => {
  it("lies more than 3.5 · MAD / 0.6745 from the median", () => {
    // Median 12, MAD 1: the bound is 5.189.
    expect(marked([10, 11, 12, 13, 17.18])).toEqual([]);
    expect(marked([10, 11, 12, 13, 17.2])).toEqual([17.2]);
    expect(marked([6.8, 11, 12, 13, 14])).toEqual([6.8]);
  });

  it("lies more than 3.5 · 1.2533 mean distances from it where most values are the same", () => {
    // Distances 0, 0, 0, 1 and d: the bound is 0.87731 · (1 + d), which d passes at 7.151.
    expect(marked([5, 5, 5, 6, 12.1])).toEqual([]);
    expect(marked([5, 5, 5, 6, 12.2])).toEqual([12.2]);
    expect(marked([5, 5, 5, 5])).toEqual([]);
  });

  it("is told by three values at least", () => {
    expect([marked([0, 100]), marked([0, 1, 100])]).toEqual([[], [100]]);
    expect(() => markOutliers([])).toThrow(OptionError);
  });
});
