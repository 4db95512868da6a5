import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  partAt,
  partsOfRamp,
  type Ramp,
  rateAfter,
  requestsOfRamp,
} from "../../../src/domain/records/ramp.js";
import { arrivalTimes } from "../../../src/load/schedule.js";
import { random } from "../../../src/stats/random.js";

const rate = fc.double({ min: 0.1, max: 100, noNaN: true });
const ramp = fc
  .record({
    strategy: fc.constantFrom("linear" as const, "exponential" as const),
    startPerSecond: rate,
    endPerSecond: rate,
    seconds: fc.double({ min: 1, max: 1000, noNaN: true }),
  })
  .filter(({ startPerSecond: a, endPerSecond: b }) => Math.abs(a - b) > 0.1);

describe("a ramp", () => {
  it("has as many requests as its mean rate gives, and these rates on the way", () => {
    const linear = { strategy: "linear", startPerSecond: 1, endPerSecond: 8 } as const;
    const exponential = { ...linear, strategy: "exponential" } as const;
    expect(requestsOfRamp(linear, 60)).toBe(270);
    // 7 / ln 8 = 3.366 a second.
    expect(requestsOfRamp(exponential, 60)).toBe(202);
    expect(rateAfter(linear, 0.5)).toBe(4.5);
    expect(rateAfter(exponential, 2 / 3)).toBeCloseTo(4, 12);
    expect([rateAfter(linear, -1), rateAfter(linear, 2)]).toEqual([1, 8]);
  });

  it("is parted without a gap into parts in which about as many requests come", () => {
    fc.assert(
      fc.property(ramp, (ramp) => {
        const count = requestsOfRamp(ramp, ramp.seconds);
        fc.pre(count >= 20 && count < 1_000);
        const parts = partsOfRamp(ramp, count);
        expect(parts.reduce((sum, { seconds }) => sum + seconds!, 0)).toBeCloseTo(ramp.seconds, 6);
        expect(parts.length).toBeGreaterThanOrEqual(4);
        const { strategy: kind, startPerSecond, endPerSecond } = ramp;
        const pace = { kind, startPerSecond, endPerSecond };
        // The last of one more is due when the ramp ends.
        const times = arrivalTimes(count + 1, pace, { kind: "constant" }, random(1));
        const found = [...times.subarray(0, count)].map(
          (at) => partAt(parts, rateAfter(ramp, at / times[count]!)).index,
        );
        expect(found).toEqual([...found].sort((a, b) => a - b));
        for (const { index } of parts) {
          const own = found.filter((part) => part === index).length;
          expect(Math.abs(own - count / parts.length)).toBeLessThanOrEqual(2);
        }
      }),
    );
  });

  it("has parts for the rates it begins and ends with, rising and falling, and none of a known time where its own is not", () => {
    const falling: Ramp = { strategy: "linear", startPerSecond: 8, endPerSecond: 2, seconds: null };
    const parts = partsOfRamp(falling, 400);
    expect(parts).toHaveLength(10);
    expect(parts[0]).toMatchObject({ high: 8, seconds: null });
    expect(partAt(parts, 8).index).toBe(0);
    expect(partAt(parts, 2).index).toBe(9);
    expect(partAt(parts, parts[3]!.low).index).toBe(4);
  });
});
