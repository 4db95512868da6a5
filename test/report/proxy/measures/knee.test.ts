import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kneeOf } from "../../../../src/report/proxy/measures/knee.js";

const sweep = (...points: readonly (readonly [number, number, number])[]) =>
  points.map(([concurrency, requestsPerSecond, latencySeconds]) => ({
    concurrency,
    requestsPerSecond,
    latencySeconds,
  }));

/** A server of `places` that each take a second for a request: Little's law gives its throughput and latency. */
const server = (places: number, concurrencies: readonly number[]) =>
  sweep(...concurrencies.map((c) => [c, Math.min(c, places), Math.max(1, c / places)] as const));

describe("kneeOf", () => {
  it("is the smallest concurrency after which throughput is level and latency grows", () => {
    expect(kneeOf(sweep([1, 100, 0.01], [2, 190, 0.0105], [4, 200, 0.02], [8, 202, 0.04]))).toEqual({
      concurrency: 2,
    });
  });

  it("finds the number of places of a server that queues, wherever in the sweep it is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 3 }), (power, beyond) => {
        const concurrencies = Array.from({ length: power + beyond + 2 }, (_, index) => 2 ** index);
        expect(kneeOf(server(2 ** power, concurrencies))).toEqual({ concurrency: 2 ** power });
      }),
    );
  });

  it("does not take a dip that recovers for a knee", () => {
    expect(kneeOf(sweep([1, 100, 0.01], [2, 95, 0.02], [4, 300, 0.021], [8, 310, 0.03]))).toEqual({
      concurrency: 4,
    });
  });

  it("says that throughput still grows", () => {
    expect(kneeOf(server(1_000, [1, 2, 4, 8]))).toEqual({
      concurrency: null,
      reason: "the throughput still grows up to 8, by 100 % at the end",
    });
  });

  it("does not take a step too short to show growth for a knee", () => {
    const result = kneeOf(sweep([8, 80, 0.1], [15, 150, 0.1], [16, 160, 0.1001]));
    expect(result).toMatchObject({
      concurrency: null,
      reason: expect.stringContaining("the throughput still grows"),
    });
  });

  it("says that a sweep ends too early", () => {
    expect(kneeOf(sweep([4, 40, 0.1], [5, 41, 0.12], [6, 42, 0.14]))).toMatchObject({
      reason: expect.stringContaining("ends before"),
    });
    expect(kneeOf(sweep([1, 1, 1], [2, 1, 2]))).toMatchObject({
      reason: "a knee needs at least 3 concurrencies, and there are only 2",
    });
  });

  it("says that throughput is level without anything waiting", () => {
    expect(kneeOf(sweep([1, 100, 0.01], [2, 100, 0.01], [4, 100, 0.01]))).toMatchObject({
      reason: "from 1 on the throughput levels off, but the latency does not grow",
    });
  });
});
