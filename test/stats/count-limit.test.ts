import { describe, expect, it } from "vitest";
import { criticalRatio } from "../../src/stats/count-limit.js";

describe("the log likelihood ratio that rejects a sum", () => {
  it("is half the square of the normal quantile where the sum is normal", () => {
    // R: qnorm(0.95), qnorm(0.975).
    expect(criticalRatio(0.05)(0)).toBeCloseTo(1.644854 ** 2 / 2, 5);
    expect(criticalRatio(0.025)(0)).toBeCloseTo(1.959964 ** 2 / 2, 5);
  });

  it.each([
    // R: qgamma(0.95, k + 1), Garwood's upper limits of a Poisson count of k.
    [0, 2.995732],
    [1, 4.743865],
    [2, 6.295794],
    [5, 10.51303],
    [10, 16.96222],
  ])("is that of a count of %d at its upper limit, %d", (count, limit) => {
    const ratio = limit - count - (count === 0 ? 0 : count * Math.log(limit / count));
    expect(criticalRatio(0.05)(1 / Math.sqrt(limit))).toBeCloseTo(ratio, 4);
  });

  it("lies between those of two counts between them, and is never more than that of 0", () => {
    const critical = criticalRatio(0.05);
    const [one, two] = [4.743865, 6.295794].map((limit) => 1 / Math.sqrt(limit)) as [number, number];
    expect(critical((one + two) / 2)).toBeCloseTo((critical(one) + critical(two)) / 2, 6);
    for (const lyapunov of [0.6, 1, 50, Number.POSITIVE_INFINITY])
      expect(critical(lyapunov)).toBeCloseTo(Math.log(20), 6);
  });
});
