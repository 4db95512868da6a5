import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blockValues, bootstrapBlocks, weightedMedian } from "../../src/stats/block-bootstrap.js";
import { bootstrap } from "../../src/stats/bootstrap.js";
import { median } from "../../src/stats/quantile.js";
import { random } from "../../src/stats/random.js";
import { normalBelow, studentBound } from "../../src/stats/student-t.js";

describe("studentBound and normalBelow", () => {
  // R 4.3: qt(0.975, c(1, 2, 4, 9, 10, 100)), qt(0.95, 5), as every table of t has them.
  it.each([
    [0.95, 1, 12.7062],
    [0.95, 2, 4.30265],
    [0.95, 4, 2.77645],
    [0.95, 9, 2.26216],
    [0.95, 10, 2.22814],
    [0.95, 100, 1.98397],
    [0.9, 5, 2.01505],
  ])("has the bound of tables for %d at %d degrees of freedom", (share, degrees, bound) => {
    expect(studentBound(share, degrees)).toBeCloseTo(bound, 4);
  });

  // R: pnorm(c(-1.959964, -1, 0, 2.5758293)).
  it.each([
    [-1.959964, 0.025],
    [-1, 0.1586553],
    [0, 0.5],
    [2.5758293, 0.995],
  ])("has the normal share below %d", (z, share) => {
    expect(normalBelow(z)).toBeCloseTo(share, 7);
  });
});

describe("weightedMedian", () => {
  it("is the median of the values written out as often as they count", () => {
    const block = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 6 });
    const weighted = fc.array(fc.tuple(block, fc.integer({ min: 0, max: 3 })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(weighted, (blocks) => {
        const counted = blocks.flatMap(([values, weight]) =>
          Array.from({ length: weight }, () => values).flat(),
        );
        const found = weightedMedian(
          blockValues(blocks.map(([values]) => values)),
          Int32Array.from(blocks, ([, weight]) => weight),
        );
        if (counted.length === 0) expect(found).toBeNaN();
        else expect(found).toBe(median(counted));
      }),
    );
  });
});

describe("bootstrapBlocks", () => {
  const total = (weights: Int32Array) => weights.reduce((sum, weight) => sum + weight, 0);
  /** The share of 95 % intervals that hold the true median, 0, on normal values whose blocks have a part in common. */
  const coverage = (interval: "blocks" | "values", { blocks = 10, common = 0.8, trials = 200 }): number => {
    const draw = random(`${blocks} ${common}`);
    let held = 0;
    for (let trial = 0; trial < trials; trial++) {
      const data = Array.from({ length: blocks }, () => {
        const shared = Math.sqrt(common) * draw.normal();
        return Array.from({ length: 20 }, () => shared + Math.sqrt(1 - common) * draw.normal());
      });
      const values = blockValues(data);
      const options = { resamples: 400, random: draw };
      const found =
        interval === "blocks"
          ? bootstrapBlocks([blocks], ([weights]) => weightedMedian(values, weights!), options)
          : bootstrap(data.flat(), median, options);
      if ("low" in found && found.low <= 0 && found.high >= 0) held++;
    }
    return held / trials;
  };

  it("covers the truth in about 95 % of the cases where the values of a block are alike", () => {
    expect(coverage("blocks", {})).toBeGreaterThan(0.91);
    // What it is for: the same values taken as independent are far too sure of themselves.
    expect(coverage("values", { trials: 50 })).toBeLessThan(0.6);
  });

  it("covers it with 6 blocks, and where a block's values have nothing in common", () => {
    expect(coverage("blocks", { blocks: 6 })).toBeGreaterThan(0.88);
    const independent = coverage("blocks", { common: 0 });
    expect(independent).toBeGreaterThan(0.9);
    expect(independent).toBeLessThan(0.995);
  });

  it("gives the estimate with the reason where a group has fewer than 6 blocks", () => {
    expect(bootstrapBlocks([9, 5], ([a]) => total(a!))).toEqual({
      estimate: 9,
      reason: "5 blocks of requests: an interval needs at least 6",
    });
    expect(bootstrapBlocks([1], ([a]) => total(a!))).toEqual({
      estimate: 1,
      reason: "1 block of requests: an interval needs at least 6",
    });
  });

  it("counts each block once in the data, and draws as many as there are into every resample", () => {
    const drawn = new Set<string>();
    const estimate = bootstrapBlocks([7, 9], ([a, b]) => {
      drawn.add(`${total(a!)} ${total(b!)}`);
      return a!.filter((weight) => weight === 1).length;
    }).estimate;
    expect(drawn).toEqual(new Set(["7 9"]));
    expect(estimate).toBe(7);
  });

  it("is the same from the same source, and has no width where blocks are equal", () => {
    const one = blockValues(Array.from({ length: 8 }, () => [1, 2, 3]));
    const run = () =>
      bootstrapBlocks([8], ([weights]) => weightedMedian(one, weights!), { random: random(1) });
    expect(run()).toEqual({ estimate: 2, low: 2, high: 2 });
  });

  it("refuses a group without blocks and a statistic that is no number", () => {
    expect(() => bootstrapBlocks([3, 0], () => 1)).toThrow("groups must each hold at least one block");
    expect(() => bootstrapBlocks([6], () => Number.NaN)).toThrow("statistic must give a finite number");
  });
});
