import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/domain/errors/errors.js";
import { random, xoshiro128 } from "../../src/stats/random.js";

const draws = (source: () => number, count: number) => Array.from({ length: count }, () => source());

describe("xoshiro128**", () => {
  it("gives the reference program's numbers", () => {
    // Printed by https://prng.di.unimi.it/xoshiro128starstar.c with the state {1, 2, 3, 4}.
    expect(draws(xoshiro128(1, 2, 3, 4), 10)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });
});

describe("random", () => {
  it("repeats itself from the same seed, number or text", () => {
    expect(draws(random(7), 5)).toEqual(draws(random("7"), 5));
    expect(draws(random(7), 5)).not.toEqual(draws(random(8), 5));
  });

  it("keeps its stream from release to release, because papers name the seed", () => {
    // Computed apart with Python: hashlib.sha256(b"[\"42\"]") as the state, 53-bit numbers.
    expect(draws(random(42), 3)).toEqual([0.16966429776279535, 0.3862149685548387, 0.7187188709477738]);
  });

  it("forks by name alone, whatever was drawn before", () => {
    const fresh = random(1);
    const used = random(1);
    draws(used, 100);
    expect(draws(used.fork("order"), 4)).toEqual(draws(fresh.fork("order"), 4));
    expect(draws(fresh.fork("order"), 4)).not.toEqual(draws(fresh.fork("prompts"), 4));
    expect(draws(random("a").fork("b"), 4)).not.toEqual(draws(random('a","b'), 4));
  });

  it("is uniform on [0, 1): mean 1/2 and variance 1/12", () => {
    const values = draws(random("moments"), 20_000);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
    expect(values.every((x) => x >= 0 && x < 1)).toBe(true);
    expect(mean).toBeCloseTo(1 / 2, 2);
    expect(variance).toBeCloseTo(1 / 12, 2);
  });

  it("draws every integer below the bound equally often", () => {
    const source = random("dice");
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 60_000; i++) counts[source.int(6)]!++;
    // Chi-squared with 5 degrees of freedom: 20.5 is the 0.1 % point.
    expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(20.5);
  });

  it("draws again what would make the lower integers more frequent", () => {
    // Below three quarters of 2^32; taken modulo the bound, a half of all draws would fall into the lowest third.
    const source = random("bias");
    const third = 2 ** 30;
    const lowest = draws(() => source.int(3 * third), 3_000).filter((drawn) => drawn < third).length;
    // Five standard deviations of a binomial of 3,000 and 1/3.
    expect(Math.abs(lowest - 1_000)).toBeLessThan(130);
    expect(draws(() => source.int(1), 5)).toEqual([0, 0, 0, 0, 0]);
    expect(source.int(2 ** 32)).toBeLessThan(2 ** 32);
  });

  it("draws normal numbers: mean 0, variance 1, 5 % beyond 1.96", () => {
    const source = random("normal");
    const values = draws(() => source.normal(), 20_000);
    expect(values.reduce((a, b) => a + b, 0) / values.length).toBeCloseTo(0, 1);
    expect(values.reduce((sum, x) => sum + x * x, 0) / values.length).toBeCloseTo(1, 1);
    expect(values.filter((x) => Math.abs(x) > 1.96).length / values.length).toBeCloseTo(0.05, 2);
  });

  it("shuffles into every order equally often and leaves its argument alone", () => {
    const source = random("shuffle");
    const items = Object.freeze(["a", "b", "c"]);
    const counts = new Map<string, number>();
    for (let i = 0; i < 12_000; i++) {
      const order = source.shuffle(items).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // Chi-squared, 5 degrees of freedom, 0.1 % point.
    expect([...counts.values()].reduce((sum, n) => sum + (n - 2_000) ** 2 / 2_000, 0)).toBeLessThan(20.5);
  });

  it("shuffles without losing or making anything", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.string(), (items, seed) => {
        expect(random(seed).shuffle(items).sort()).toEqual([...items].sort());
      }),
    );
    // One item has one order, for which nothing is drawn.
    const source = random(1);
    source.shuffle(["a"]);
    expect(source()).toBe(random(1)());
  });

  it("refuses a seed or a bound it can't use", () => {
    expect(() => random(Number.NaN)).toThrow(OptionError);
    expect(() => random(Number.NaN)).toThrow("seed must be a finite number or a string; received NaN.");
    expect(() => random(1).int(0)).toThrow("bound must be an integer from 1 to 2^32; received 0.");
    expect(() => random(1).int(2.5)).toThrow(OptionError);
    expect(() => random(1).int(2 ** 32 + 1)).toThrow(OptionError);
  });
});
