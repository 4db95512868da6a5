import { describe, expect, it } from "vitest";
import { bootstrap } from "../../src/stats/bootstrap.js";
import { requiredPairs } from "../../src/stats/non-inferiority.js";

describe("what a statistic refuses is named, with the rule and the value", () => {
  it.each([
    [{ resamples: 99 }, "resamples must be an integer from 100; received 99."],
    [{ resamples: 100.5 }, "resamples must be an integer from 100; received 100.5."],
    [{ confidence: 1 }, "confidence must be between 0 and 1; received 1."],
    [{ confidence: 0 }, "confidence must be between 0 and 1; received 0."],
  ])("%j", (options, message) => {
    expect(() => bootstrap([1, 2, 3], (values) => values[0]!, options)).toThrow(message);
  });

  it("no values", () => {
    expect(() => bootstrap([], () => 0)).toThrow('values must hold at least one number; received "none".');
  });

  it.each([0, -0.1, Number.NaN, Number.POSITIVE_INFINITY])("a margin of %d", (margin) => {
    expect(() => requiredPairs(new Float64Array(10), margin)).toThrow(
      `margin must be a number above 0; received ${margin}.`,
    );
  });
});
