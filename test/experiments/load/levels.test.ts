import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  blocksFor,
  blocksOf,
  levelsOf,
  requestsWithin,
  secondsAsked,
  sizesOf,
} from "../../../src/experiments/load/levels.js";
import { measuredCosts } from "../../../src/experiments/measured-costs.js";
import { random } from "../../../src/stats/random.js";

const plan = {
  labels: ["full", "prefix", "blend"],
  levels: levelsOf({ ratesPerSecond: [0.5, 4] }),
  repeats: 2,
  requestsAt: () => 50,
  blocks: 3,
};

describe("the blocks of a load", () => {
  it("go repeat by repeat, level by level, block by block, each with all labels", () => {
    const places = blocksOf(plan, random(1)).map(({ repeat, level, block }) => `${repeat} ${level} ${block}`);
    expect(places.filter((_, index) => index % 3 === 0)).toEqual([
      ...["1 1 1", "1 1 2", "1 1 3", "1 2 1", "1 2 2", "1 2 3"],
      ...["2 1 1", "2 1 2", "2 1 3", "2 2 1", "2 2 2", "2 2 3"],
    ]);
  });

  it("have each label's requests once, whatever their number", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 10 }), (requests, blocks) => {
        const own = blocksOf({ ...plan, requestsAt: () => requests, blocks }, random(1)).filter(
          ({ label }) => label === "blend",
        );
        const measured = own.map(({ sizes }) => sizes.measured);
        expect(measured.reduce((sum, count) => sum + count, 0)).toBe(requests * 2 * 2);
        expect(Math.min(...measured)).toBeGreaterThan(0);
      }),
    );
  });

  it("alternate the labels in an order that the seed draws, and that a further level or block does not change", () => {
    const orders = (seed: number, more: Partial<typeof plan> = {}) =>
      blocksOf({ ...plan, ...more }, random(seed))
        .filter(({ repeat, rate_per_second }) => repeat === 1 && rate_per_second === 0.5)
        .map(({ label }) => label);
    expect(orders(1)).toEqual(orders(1));
    expect(orders(1)).not.toEqual(orders(2));
    expect(orders(1, { levels: levelsOf({ ratesPerSecond: [8, 0.5] }) })).toEqual(orders(1));
    expect(orders(1, { blocks: 5 }).slice(0, 9)).toEqual(orders(1));
    for (const block of [0, 3, 6]) expect(new Set(orders(1).slice(block, block + 3)).size).toBe(3);
  });

  it("begin and end with one round where the loop is closed, with a fifth and a tenth more where it is open", () => {
    const [closed] = levelsOf({ concurrency: [16] });
    const [open] = levelsOf({ ratesPerSecond: [2] });
    expect(sizesOf(closed!, 50)).toEqual({ rampUp: 16, measured: 50, rampDown: 16 });
    expect(sizesOf(open!, 50)).toEqual({ rampUp: 10, measured: 50, rampDown: 5 });
    expect(sizesOf(open!, 1)).toEqual({ rampUp: 1, measured: 1, rampDown: 1 });
  });

  it("cost what their requests take to come, so that a low rate does not stand for a high one", () => {
    const [low, high] = blocksOf({ ...plan, labels: ["full"], blocks: 1, repeats: 1 }, random(1));
    expect(secondsAsked(low!)).toBe(65 / 0.5);
    expect(secondsAsked(high!)).toBe(65 / 4);
    const left: (number | null | undefined)[] = [];
    let at = 0;
    const reached = measuredCosts(
      [low!, high!].map(secondsAsked),
      (_done, _all, seconds) => left.push(seconds),
      () => at,
    );
    reached(0);
    at = 130;
    reached(1);
    expect(left).toEqual([null, 16.25]);
  });

  it("surround a ramp by at most a tenth of its time on either side, however low the rate", () => {
    const rates = fc.double({ min: 0.001, max: 50, noNaN: true });
    fc.assert(
      fc.property(rates, rates, fc.double({ min: 1, max: 600, noNaN: true }), (from, to, seconds) => {
        const ramp = { strategy: "linear" as const, startPerSecond: from, endPerSecond: to, seconds };
        const { rampUp, measured, rampDown } = sizesOf(levelsOf({ ramp })[0]!, 50);
        expect(rampUp / from).toBeLessThanOrEqual(seconds / 10 + 1e-9);
        expect(rampDown / to).toBeLessThanOrEqual(seconds / 10 + 1e-9);
        expect(measured).toBe(50);
      }),
    );
  });

  it("have as many requests as a rate needs to be kept up for so long, but at least four", () => {
    const own = blocksOf(
      {
        ...plan,
        requestsAt: ({ rate_per_second }) => requestsWithin(5, rate_per_second!),
        ...{ blocks: 1, repeats: 1, labels: ["full"] },
      },
      random(1),
    );
    expect(own.map(({ sizes }) => sizes.measured)).toEqual([4, 20]);
  });

  it.each([
    [10, 2],
    [89, 2],
    [100, 3],
    [300, 6],
    [6000, 6],
  ])("are, for %d requests, %d", (requests, blocks) => {
    expect(blocksFor(requests)).toBe(blocks);
  });
});
