import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changePoint } from "../../src/stats/change-point.js";
import { type Random, random } from "../../src/stats/random.js";
import { runs } from "../support/runs.js";

const source = random("changes");

/** An autoregressive series of standard normal numbers, `step` higher from `after` on. */
const series = (n: number, alike: number, { step = 0, after = n } = {}, draw = source) => {
  let value = draw.normal();
  return Array.from({ length: n }, (_, index) => {
    value = alike * value + Math.sqrt(1 - alike ** 2) * draw.normal();
    return value + (index >= after ? step : 0);
  });
};

describe("changePoint", () => {
  it("finds a step, and the means on either side of it", () => {
    const found = changePoint([...Array(70).fill(0.8), ...Array(50).fill(0.02)]);
    expect(found).toMatchObject({ after: 70, low: 70, high: 70, p: 0.001 });
    if (found.after === null) return;
    expect([found.before, found.behind].map((mean) => Number(mean.toFixed(9)))).toEqual([0.8, 0.02]);
  });

  it("holds the true place in its interval nine times in ten and more, whether or not neighbours are alike", () => {
    const trials = runs(20, 60);
    for (const alike of [0, 0.5]) {
      let [found, held] = [0, 0];
      for (let trial = 0; trial < trials; trial++) {
        const draw = source.fork(`place ${alike} ${trial}`);
        const change = changePoint(series(120, alike, { step: 2.5, after: 75 }, draw), {
          resamples: 199,
          random: draw,
        });
        if (change.after === null) continue;
        found++;
        if (change.low <= 75 && 75 <= change.high) held++;
      }
      expect(found).toBeGreaterThanOrEqual(0.8 * trials);
      expect(held / found).toBeGreaterThan(0.8);
    }
  });

  it("takes a series without a change for one in few cases, also where neighbours are alike", () => {
    const trials = runs(60, 200);
    for (const alike of [0, 0.3, 0.6]) {
      let seen = 0;
      for (let trial = 0; trial < trials; trial++) {
        const draw = source.fork(`level ${alike} ${trial}`);
        if (
          changePoint(series(120, alike, {}, draw), { alpha: 0.01, resamples: 99, random: draw }).after !==
          null
        )
          seen++;
      }
      // The table of the docstring: 0, 2 and 3 % of 500; 8 % would come up in one of thousands of runs of 200 at 3 %.
      expect(seen / trials).toBeLessThanOrEqual(0.08);
    }
  });

  /** The shares that a cache of the last `kept` documents has of requests for `each` of 100, as much of it as an endless one. */
  const poolShares = (n: number, { each, kept }: { each: number; kept: number }, draw: Random) => {
    const [cache, seen] = [new Set<number>(), new Set<number>()];
    const shares: number[] = [];
    for (let i = 0; i < 300 + n; i++) {
      const asked = draw.shuffle(Array.from({ length: 100 }, (_, index) => index)).slice(0, each);
      const known = asked.filter((document) => seen.has(document));
      if (i >= 300 && known.length > 0)
        shares.push(known.filter((document) => cache.has(document)).length / known.length);
      for (const document of asked) {
        seen.add(document);
        cache.delete(document);
        cache.add(document);
        if (cache.size > kept) cache.delete([...cache][0]!);
      }
    }
    return shares;
  };

  it.each([
    ["tied", { each: 6, kept: 50 }],
    ["all or nothing", { each: 1, kept: 50 }],
    ["nearly always nothing", { each: 1, kept: 3 }],
  ])("takes the steady shares of a pool of documents for a change in few cases: %s", (name, pool) => {
    const trials = runs(50, 150);
    let seen = 0;
    for (let trial = 0; trial < trials; trial++) {
      const draw = source.fork(`pool ${name} ${trial}`);
      if (changePoint(poolShares(80, pool, draw), { resamples: 99, random: draw }).after !== null) seen++;
    }
    // At 1 %, more than 3 of 50 or 6 of 150 come up in one or two of a thousand runs.
    expect(seen).toBeLessThanOrEqual(runs(3, 6));
  });

  it("finds a fall of hits and misses, and its place", () => {
    const trials = runs(20, 50);
    let [found, held] = [0, 0];
    for (let trial = 0; trial < trials; trial++) {
      const draw = source.fork(`hits ${trial}`);
      const hits = Array.from({ length: 120 }, (_, i) => Number(draw() < (i < 75 ? 0.9 : 0.1)));
      const change = changePoint(hits, { resamples: 199, random: draw });
      if (change.after === null) continue;
      found++;
      if (change.low <= 75 && 75 <= change.high) held++;
    }
    expect(found).toBe(trials);
    expect(held).toBeGreaterThanOrEqual(0.84 * trials);
  });

  it("says why it shows nothing", () => {
    expect(changePoint(Array(19).fill(1))).toMatchObject({
      after: null,
      reason: "19 values: a change needs at least 20",
    });
    expect(changePoint(Array(50).fill(0.3))).toMatchObject({ after: null, reason: "all values are equal" });
    expect(changePoint([])).toMatchObject({ after: null, p: null });
    const none = changePoint(Array.from({ length: 60 }, (_, i) => i % 2));
    expect(none).toMatchObject({ after: null });
    expect("reason" in none && none.reason).toContain("no change is shown (p = ");
  });

  it("refuses what is no number, and options out of range", () => {
    expect(() => changePoint([1, Number.NaN])).toThrow("values[1] must be a finite number");
    expect(() => changePoint([], { alpha: 0 })).toThrow("alpha must be between 0 and 1");
    expect(() => changePoint([], { resamples: 5 })).toThrow("resamples must be an integer from 99");
  });

  it("does not depend on unit or sign, and gives a place within its interval", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 60 }),
        fc.integer(),
        fc.double({ min: 0.001, max: 1_000, noNaN: true }),
        (n, seed, unit) => {
          const values = series(n, 0.2, { step: 3, after: Math.floor(n / 2) }, random(seed));
          const [plain, scaled] = [values, values.map((value) => -unit * value)].map((own) =>
            changePoint(own, { resamples: 99 }),
          );
          expect(scaled!.after).toBe(plain!.after);
          if (plain!.after === null) return;
          expect(plain!.low).toBeLessThanOrEqual(plain!.after);
          expect(plain!.high).toBeGreaterThanOrEqual(plain!.after);
        },
      ),
      { numRuns: runs(15, 40) },
    );
  });
});
