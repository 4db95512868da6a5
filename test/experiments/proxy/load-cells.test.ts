import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkOptions } from "../../../src/domain/errors/options.js";
import { blockSizes } from "../../../src/experiments/block-sizes.js";
import { cellsOf, pairsOf } from "../../../src/experiments/proxy/load-cells.js";
import { proxySchema } from "../../../src/experiments/proxy/proxy-options.js";
import { random } from "../../../src/stats/random.js";

const cells = (options: Readonly<Record<string, unknown>> = {}) =>
  cellsOf(
    checkOptions(proxySchema, { direct: "http://a", through: { b: "http://b" }, log: "l", ...options }),
  );

describe("what a proxy run measures", () => {
  it("is the benchmark script's suite by default, in blocks enough for an interval", () => {
    expect(cells()).toEqual([
      {
        repeat: 1,
        mode: "chat",
        concurrency: 100,
        rate_per_second: null,
        warmUps: 100,
        sizes: [83, 83, 84, 83, 83, 84],
      },
      {
        repeat: 1,
        mode: "stream",
        concurrency: 20,
        rate_per_second: null,
        warmUps: 20,
        sizes: Array.from({ length: 10 }, () => 20),
      },
    ]);
  });

  it("sweeps over concurrencies within each repeat", () => {
    const order = cells({ concurrency: [1, 8], streamConcurrency: 2, repeats: 2 }).map(
      ({ repeat, mode, concurrency }) => `${repeat} ${mode} ${concurrency}`,
    );
    expect(order).toEqual(["1 chat 1", "1 chat 8", "1 stream 2", "2 chat 1", "2 chat 8", "2 stream 2"]);
  });

  it("has no concurrency where requests arrive at a rate", () => {
    const drives = cells({ ratePerSecond: [5, 50] }).map(({ concurrency, rate_per_second }) => [
      concurrency,
      rate_per_second,
    ]);
    expect(drives).toEqual([
      [null, 5],
      [null, 50],
      [null, 5],
      [null, 50],
    ]);
  });

  it.each([
    [{ ratePerSecond: 5, concurrency: 8 }, /concurrency can't be combined with ratePerSecond; received 8/],
    [{ arrivals: "constant" }, /arrivals needs ratePerSecond/],
    [{ concurrency: 2_000 }, /concurrency must be a whole number from 1 to 1024/],
    [{ through: {} }, /through must name at least one proxy/],
    [{ through: { b: 4000 } }, /through\.b must be a base URL/],
    [{ blocks: 0 }, /blocks must be a whole number of at least 1/],
    [{ concurency: 8 }, /option concurency is not known here/],
  ])("refuses %j", (options, message) => {
    expect(() => cells(options)).toThrow(message);
  });
});

describe("blocks", () => {
  it("hold all requests, differ by one at most, and are no more than asked for", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 40 }), (requests, most) => {
        const sizes = blockSizes(requests, most);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(requests);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(Math.min(...sizes)).toBeGreaterThanOrEqual(1);
        expect(sizes.length).toBeLessThanOrEqual(most);
      }),
    );
  });

  it("come in pairs whose order the seed draws, the same each time", () => {
    const [cell] = cells({ requests: 100, blocks: 20 });
    const orders = (seed: number) =>
      pairsOf(cell!, ["a", "b"], random(seed)).map(
        ({ label, block, order }) => `${block} ${label} ${order[0]}`,
      );
    expect(orders(1)).toEqual(orders(1));
    expect(orders(1)).not.toEqual(orders(2));
    // 40 pairs: by chance alone, all would begin with the same target once in 5 · 10^11 seeds.
    expect(new Set(orders(1).map((order) => order.split(" ")[2]))).toEqual(new Set(["direct", "proxied"]));
    expect(orders(1).map((order) => Number(order.split(" ")[0]))).toEqual(
      Array.from({ length: 40 }, (_, index) => Math.floor(index / 2) + 1),
    );
  });
});
