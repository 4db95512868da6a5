import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clockOffset } from "../../../src/experiments/load/clock-offset.js";
import { blocksOf, type LoadBlock, levelsOf } from "../../../src/experiments/load/levels.js";
import { ownersOf, PAUSE_SECONDS, partsOf, placesOf } from "../../../src/experiments/load/load-parts.js";
import { arrivalTimes } from "../../../src/load/schedule.js";
import { random } from "../../../src/stats/random.js";
import { unique } from "../../../src/workloads/unique.js";

const blocks = (asked: Parameters<typeof levelsOf>[0], requests = 60) =>
  blocksOf(
    { labels: ["A"], levels: levelsOf(asked), repeats: 1, requestsAt: () => requests },
    random(1).fork("blocks"),
  );
const workload = unique({ promptTokens: 64 });
const shard = { index: 1, count: 3 };
const startAt = Date.parse("2026-03-01T12:00:00Z");

describe("the requests of a load in parts", () => {
  const block = (asked: Parameters<typeof levelsOf>[0], requests?: number): LoadBlock =>
    blocks(asked, requests)[0]!;

  it.each(["constant", "poisson", "gamma"] as const)("of %s arrivals go to one part each", (arrivals) => {
    const owners = ownersOf(block({ ratesPerSecond: [10] }), arrivals, 3, random(4));
    expect(owners).toEqual(ownersOf(block({ ratesPerSecond: [10] }), arrivals, 3, random(4)));
    expect(new Set(owners)).toEqual(new Set([0, 1, 2]));
    if (arrivals === "constant") expect(owners.slice(0, 5)).toEqual([0, 1, 2, 0, 1]);
  });

  it("of a closed loop go where its places are, of which some parts may have none", () => {
    const owners = ownersOf(block({ concurrency: [2] }, 6), "poisson", 3, random(1));
    expect(owners.slice(0, 5)).toEqual([0, 1, 0, 1, 0]);
    expect([0, 1, 2].map((index) => placesOf(2, { index, count: 3 }))).toEqual([1, 1, 0]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), (places, count) => {
        const dealt = Array.from({ length: count }, (_, index) => placesOf(places, { index, count }));
        return dealt.reduce((sum, own) => sum + own, 0) === places;
      }),
    );
  });

  /** Variance over mean of the counts in windows of four mean gaps: 1 for a Poisson process, below 1 where requests come more evenly. */
  const dispersion = (times: readonly number[], window: number): number => {
    const counts = new Array<number>(Math.floor(times.length / 4)).fill(0);
    for (const at of times) {
      const place = Math.floor(at / window);
      if (place >= 0 && place < counts.length) counts[place]! += 1;
    }
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    return counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length / mean;
  };

  // 60 runs of 4,000 requests from two parts whose clocks are 3 s apart, at 10 a second.
  it("add up to the Poisson process of the plan however far the parts' clocks are apart", () => {
    const [rate, requests, apart] = [10, 4_000, 3];
    const level = {
      ...block({ ratesPerSecond: [rate] }),
      sizes: { rampUp: 0, measured: requests, rampDown: 0 },
    };
    const dispersions = (ownerOf: (run: number) => (index: number) => number) =>
      Array.from({ length: 60 }, (_, run) => {
        const pace = { kind: "steady" as const, ratePerSecond: rate };
        const times = arrivalTimes(requests, pace, { kind: "poisson" }, random(`arrivals ${run}`));
        const owner = ownerOf(run);
        return dispersion(
          Array.from(times, (at, index) => at + apart * owner(index)),
          4 / rate,
        );
      });
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const dealt = mean(
      dispersions((run) => {
        const owners = ownersOf(level, "poisson", 2, random(`owners ${run}`));
        return (index) => owners[index]!;
      }),
    );
    // The standard error of the mean of 60 is below 0.006: the deviation of one is √(2 / 1,000).
    expect(dealt).toBeGreaterThan(0.97);
    expect(dealt).toBeLessThan(1.03);
    // Why they are not dealt in turn: every second arrival of a Poisson process comes too evenly, and two such do as well.
    expect(mean(dispersions(() => (index) => index % 2))).toBeLessThan(0.8);
  });
});

describe("the times of a load in parts", () => {
  const of = (more: object, all = blocks({ ratesPerSecond: [10, 20] })) =>
    partsOf({ shard, startAt, workload, ...more }, all);

  it("follow from one stated start: each block begins when the time of the one before it is over", () => {
    const all = blocks({ ratesPerSecond: [10, 20] });
    const starts = all.map(
      (one) => (partsOf({ shard, startAt, workload }, all)!.startOf(one) - startAt) / 1_000,
    );
    // Two blocks of 30 with 6 before and 3 behind, at each rate.
    expect(starts).toEqual(
      [0, 1, 2, 3].map((place) => {
        const [slow, fast] = [39 / 10 + PAUSE_SECONDS, 39 / 20 + PAUSE_SECONDS];
        return expect.closeTo(Math.min(place, 2) * slow + Math.max(0, place - 2) * fast, 6);
      }),
    );
    const stated = of({ slotSeconds: 30 }, all)!;
    expect(all.map((one) => (stated.startOf(one) - startAt) / 1_000)).toEqual([0, 30, 60, 90]);
  });

  it.each([
    ["no start", { startAt: undefined }, "startAt must be given with shard"],
    ["a slot shorter than its arrivals", { slotSeconds: 3 }, "slotSeconds must be above 3.9"],
    ["a closed loop without a slot", { concurrency: [4] }, "slotSeconds must be given with concurrency"],
    [
      "times of their own without a slot",
      { workload: { ...workload, ownRatePerSecond: 3 } },
      "slotSeconds must be given with a workload",
    ],
    ["a start of one part", { shard: undefined }, "startAt is for a load in several parts"],
  ])("are refused with %s", (_, more, message) => {
    expect(() => of(more)).toThrow(message);
  });
});

describe("the offset of a server's clock", () => {
  it("lies within its bounds, which many readings bring close", () => {
    const reading = fc.record({
      at: fc.integer({ min: 0, max: 60_000 }),
      there: fc.integer({ min: 0, max: 80 }),
      back: fc.integer({ min: 0, max: 80 }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: -5_000, max: 5_000 }),
        fc.array(reading, { minLength: 1 }),
        (offset, all) => {
          const found = clockOffset(
            all.map(({ at, there, back }) => ({
              sentMs: at,
              receivedMs: at + there + back,
              dateMs: 1_000 * Math.floor((at + there + offset) / 1_000),
            })),
          )!;
          expect(Math.abs(found.seconds - offset / 1_000)).toBeLessThanOrEqual(found.within + 1e-9);
          expect(found.within).toBeLessThanOrEqual(0.58);
        },
      ),
    );
    const close = clockOffset(
      Array.from({ length: 8 }, (_, index) => ({
        sentMs: 1_137 * index,
        receivedMs: 1_137 * index + 2,
        dateMs: 1_000 * Math.floor((1_137 * index + 1 + 400) / 1_000),
      })),
    )!;
    expect(close.within).toBeLessThan(0.08);
  });

  it("is unknown without a reading, and where readings contradict each other", () => {
    expect(clockOffset([])).toBeNull();
    const at = { sentMs: 0, receivedMs: 10 };
    expect(
      clockOffset([
        { ...at, dateMs: 0 },
        { ...at, dateMs: 5_000 },
      ]),
    ).toBeNull();
  });
});
