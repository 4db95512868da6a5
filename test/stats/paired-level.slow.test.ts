import { describe, expect, it } from "vitest";
import { lowerMean, meanInterval, SCORE_DIFFERENCES } from "../../src/stats/bounded-mean.js";
import { criticalRatio } from "../../src/stats/count-limit.js";
import { type Random, random } from "../../src/stats/random.js";

const SIZES = [5, 8, 10, 20, 30, 50, 100, 200, 400];

/** Samples of a cell. */
const samplesOf = (n: number): number => (n < 200 ? 2000 : 1000);

/** Two standard errors of a share of 5 %: 1 % of 2,000 samples, 1.4 % of 1,000. */
const slack = (n: number): number => 2 * Math.sqrt((0.05 * 0.95) / samplesOf(n));

interface Differences {
  readonly mean: number;
  readonly draw: (source: Random) => number;
}

const normal = (mean: number, sd: number): Differences => ({
  mean,
  draw: (source) => Math.max(-1, Math.min(1, mean + sd * source.normal())),
});

/** Values with their chances; the rest of the pairs is tied. */
const points = (...chances: readonly (readonly [value: number, chance: number])[]): Differences => ({
  mean: chances.reduce((sum, [value, chance]) => sum + value * chance, 0),
  draw: (source) => {
    let left = source();
    for (const [value, chance] of chances) {
      if (left < chance) return value;
      left -= chance;
    }
    return 0;
  },
});

/** Exponential losses of this mean, cut at 1, in a share of the pairs; of the other sign, gains. */
const exponential = (mean: number, share = 1): Differences => ({
  mean: share * mean * (1 - Math.exp(-1 / Math.abs(mean))),
  draw: (source) =>
    source() < share ? Math.sign(mean) * Math.min(1, -Math.abs(mean) * Math.log(1 - source())) : 0,
});

/** Normal, but that some lose everything. */
const normalWithLosses = (sd: number, chance: number): Differences => ({
  mean: -chance,
  draw: (source) => (source() < chance ? -1 : Math.max(-1, Math.min(1, sd * source.normal()))),
});

const DIFFERENCES: Readonly<Record<string, Differences>> = {
  "normal, sd 0.05": normal(-0.02, 0.05),
  "normal, sd 0.1": normal(-0.02, 0.1),
  "normal, sd 0.3": normal(-0.02, 0.3),
  "exponential losses of 0.1": exponential(-0.1),
  "exponential gains of 0.1": exponential(0.1),
  "exponential losses of 0.2 in 10 %": exponential(-0.2, 0.1),
  "1 % lose 1": points([-1, 0.01]),
  "2 % lose 1": points([-1, 0.02]),
  "3 % lose 1": points([-1, 0.03]),
  "5 % lose 1": points([-1, 0.05]),
  "20 % lose 1": points([-1, 0.2]),
  "50 % lose 1": points([-1, 0.5]),
  "2 % lose 0.5": points([-0.5, 0.02]),
  "5 % lose 0.5": points([-0.5, 0.05]),
  "10 % lose 0.2": points([-0.2, 0.1]),
  "20 % lose 0.02": points([-0.02, 0.2]),
  "5 % gain 1": points([1, 0.05]),
  "5 % lose 0.5, 25 % gain 0.02": points([-0.5, 0.05], [0.02, 0.25]),
  "2 % lose 1, 20 % lose 0.05, 20 % gain 0.1": points([-1, 0.02], [-0.05, 0.2], [0.1, 0.2]),
  "2 % lose 1, 2 % gain 1": points([-1, 0.02], [1, 0.02]),
  "10 % lose 1, 10 % gain 1": points([-1, 0.1], [1, 0.1]),
  "normal, sd 0.1, but 1 % lose 1": normalWithLosses(0.1, 0.01),
  "normal, sd 0.1, but 3 % lose 1": normalWithLosses(0.1, 0.03),
  "ties to rounding": { mean: 0, draw: (source) => (source() < 0.5 ? 1e-17 : -1e-17) },
};

const oneSided = criticalRatio(0.05);

/** How often the bounds miss the true mean, and how far they lie from the sample's. */
function measure({ mean, draw }: Differences, n: number, source: Random) {
  const samples = samplesOf(n);
  let [above, missed, distance, width] = [0, 0, 0, 0];
  for (let sample = 0; sample < samples; sample++) {
    const values = Float64Array.from({ length: n }, () => draw(source));
    const bound = lowerMean(values, SCORE_DIFFERENCES.lowest, oneSided);
    const { low, high } = meanInterval(values, 0.95, SCORE_DIFFERENCES);
    // Ties to rounding miss by rounding alone.
    if (bound > mean + 1e-9) above++;
    if (low > mean + 1e-9 || high < mean - 1e-9) missed++;
    distance += values.reduce((sum, value) => sum + value, 0) / n - bound;
    width += high - low;
  }
  return {
    size: above / samples,
    coverage: 1 - missed / samples,
    distance: distance / samples,
    width: width / samples,
  };
}

describe("the bound of a mean difference, at the truth", () => {
  const worst = new Map(SIZES.map((n) => [n, { size: 0, coverage: 1 }]));

  it.each(Object.entries(DIFFERENCES))("holds its level where differences are %s", (name, differences) => {
    for (const n of SIZES) {
      const { size, coverage } = measure(differences, n, random("level").fork(name).fork(String(n)));
      const cell = `${name}, n = ${n}`;
      expect(size, `${cell}: the bound is above the mean too often`).toBeLessThanOrEqual(0.055 + slack(n));
      expect(coverage, `${cell}: the interval misses the mean too often`).toBeGreaterThanOrEqual(
        0.94 - slack(n),
      );
      const at = worst.get(n)!;
      worst.set(n, { size: Math.max(at.size, size), coverage: Math.min(at.coverage, coverage) });
    }
    if (name === Object.keys(DIFFERENCES).at(-1)) console.table(Object.fromEntries(worst));
  });

  it.each([
    [0.1, 200],
    [0.1, 400],
    [0.3, 200],
    [0.3, 400],
  ])("is at most half as far again as the classical one, where differences are normal of sd %d and n is %d", (sd, n) => {
    const { distance, width } = measure(normal(0, sd), n, random("width").fork(`${sd} ${n}`));
    expect(distance / ((1.645 * sd) / Math.sqrt(n))).toBeLessThan(1.5);
    expect(width / ((2 * 1.96 * sd) / Math.sqrt(n))).toBeLessThan(1.5);
  });
});
