import { describe, expect, it } from "vitest";
import { type Random, random } from "../../src/stats/random.js";
import { pairedRatioOfMedians, ratioOfMedians } from "../../src/stats/ratio-of-medians.js";

const TRIALS = 1000;

/** Two standard errors of 1,000 trials at 94 %. */
const SLACK = 0.015;

const SIZES = [5, 6, 7, 8, 9, 10, 20];

interface Times {
  readonly median: number;
  readonly draw: (source: Random) => number;
}

const lognormal = (sigma: number): Times => ({
  median: 1,
  draw: (source) => Math.exp(sigma * source.normal()),
});

/** Some are so many times slower; its median is the quantile 0.5 / (1 − share) of the quick ones. */
const bimodal = (share: number, slower: number, z: number): Times => ({
  median: Math.exp(0.05 * z),
  draw: (source) => (source() < share ? slower : 1) * Math.exp(0.05 * source.normal()),
});

const TIMES = {
  "lognormal, σ 0.02": lognormal(0.02),
  "lognormal, σ 0.3": lognormal(0.3),
  "lognormal, σ 1": lognormal(1),
  exponential: { median: Math.log(2), draw: (source: Random) => -Math.log(1 - source()) + 1e-9 },
  "Pareto, α 1.5": { median: 2 ** (1 / 1.5), draw: (source: Random) => (1 - source()) ** (-1 / 1.5) },
  // Normal quantiles of 5/9 and 5/7.
  "10 % ten times slower": bimodal(0.1, 10, 0.13971),
  "30 % three times slower": bimodal(0.3, 3, 0.56595),
} as const satisfies Record<string, Times>;

type Kind = keyof typeof TIMES;

const PAIRS: readonly (readonly [Kind, Kind])[] = [
  ...(Object.keys(TIMES) as Kind[]).map((kind) => [kind, kind] as const),
  ["lognormal, σ 0.3", "lognormal, σ 0.02"],
  ["exponential", "lognormal, σ 0.02"],
  ["Pareto, α 1.5", "lognormal, σ 0.02"],
  ["30 % three times slower", "lognormal, σ 0.02"],
  ["30 % three times slower", "lognormal, σ 0.3"],
];

const holds = (estimate: ReturnType<typeof ratioOfMedians>, truth: number): boolean => {
  if (!("low" in estimate)) throw new Error(estimate.reason);
  return estimate.low <= truth && truth <= estimate.high;
};

/** The share of trials, by size, in which the interval holds the truth. */
const coverage = (trial: (n: number, source: Random) => boolean, name: string): number[] =>
  SIZES.map((n) => {
    const source = random("ratio coverage").fork(name).fork(String(n));
    return Array.from({ length: TRIALS }, () => trial(n, source)).filter(Boolean).length / TRIALS;
  });

describe("the 95 % interval of a ratio of medians holds it in 94 % or more", () => {
  it.each(PAIRS)("of %s against %s", (numerator, denominator) => {
    const [above, below] = [TIMES[numerator], TIMES[denominator]];
    const shares = coverage((n, source) => {
      const values = (of: Times) => Array.from({ length: n }, () => of.draw(source));
      const options = { resamples: 1000, random: source.fork(String(source())) };
      return holds(ratioOfMedians(values(above), values(below), options), above.median / below.median);
    }, `${numerator}/${denominator}`);
    for (const share of shares) expect(share).toBeGreaterThanOrEqual(0.94 - SLACK);
  });

  it.each(Object.keys(TIMES) as Kind[])("of pairs that share a factor, %s, with noise of 2 %%", (name) => {
    const shared = TIMES[name];
    const shares = coverage((n, source) => {
      const pairs = Array.from({ length: n }, () => {
        const factor = shared.draw(source);
        return [
          2 * factor * Math.exp(0.02 * source.normal()),
          factor * Math.exp(0.02 * source.normal()),
        ] as const;
      });
      return holds(
        pairedRatioOfMedians(pairs, { resamples: 1000, random: source.fork(String(source())) }),
        2,
      );
    }, name);
    for (const share of shares) expect(share).toBeGreaterThanOrEqual(0.94 - SLACK);
  });

  it("and of pairs whose values move against each other", () => {
    const shares = coverage((n, source) => {
      const pairs = Array.from({ length: n }, () => {
        const z = 0.3 * source.normal();
        return [2 * Math.exp(z), Math.exp(-z)] as const;
      });
      return holds(
        pairedRatioOfMedians(pairs, { resamples: 1000, random: source.fork(String(source())) }),
        2,
      );
    }, "against");
    for (const share of shares) expect(share).toBeGreaterThanOrEqual(0.94 - SLACK);
  });
});
