import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/domain/errors/errors.js";
import { bootstrap } from "../../src/stats/bootstrap.js";
import { noiseFloor } from "../../src/stats/noise-floor.js";
import { nonInferiority, requiredPairs } from "../../src/stats/non-inferiority.js";
import { markOutliers } from "../../src/stats/outliers.js";
import { pairedDifference } from "../../src/stats/paired-difference.js";
import { matchPairs, type Pair } from "../../src/stats/pairs.js";
import { quantile } from "../../src/stats/quantile.js";
import { random } from "../../src/stats/random.js";
import { recovery } from "../../src/stats/recovery.js";
import { summary } from "../../src/stats/summary.js";
import { runs } from "../support/runs.js";

/**
 * Darwin's 15 pairs of cross- and self-fertilised maize, differences of heights in eighths of an inch, as Fisher
 * tests them in "The Design of Experiments" (1935), §17–21: 863 of the 32,768 sign patterns give a sum of 314 or more.
 */
const MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];
const maizePairs: Pair[] = MAIZE.map((difference, i) => [i + difference, i]);

const boundsOf = (estimate: object): { low: number; high: number } => {
  if (!("low" in estimate)) throw new Error("no interval");
  return estimate as { low: number; high: number };
};

describe("matchPairs", () => {
  it("pairs by key in the baseline's order and names what is left over", () => {
    const treatment = new Map([
      ["b", 2],
      ["a", 1],
      ["only treated", 0],
    ]);
    const baseline = new Map([
      ["a", 10],
      ["only baseline", 0],
      ["b", 20],
    ]);
    expect(matchPairs(treatment, baseline)).toEqual({
      pairs: [
        [1, 10],
        [2, 20],
      ],
      unmatched: ["only baseline", "only treated"],
    });
  });
});

describe("pairedDifference", () => {
  const maize = pairedDifference(maizePairs, { resamples: 40_000, random: random("maize") });

  it("has Fisher's p-value of Darwin's maize: 2 × 863 / 32,768", () => {
    // Five standard errors of 40,000 flips.
    expect(Math.abs(maize.p - 1726 / 32_768)).toBeLessThan(5 * Math.sqrt((0.0527 * 0.9473) / 40_000));
  });

  it("has the mean and the spread of its differences, and no interval: heights are no scores", () => {
    expect(maize.n).toBe(15);
    expect(maize.differing).toBe(15);
    expect(maize.mean.estimate).toBeCloseTo(314 / 15, 12);
    expect(maize.sd).toBeCloseTo(37.7443783262898, 10);
    expect(maize.mean).toMatchObject({ reason: "a difference of 49: an interval needs scores from 0 to 1" });
  });

  it("takes differences of rounding for ties: 0.1 + 0.2 scores as 0.3 does", () => {
    const pairs = Array.from({ length: 10 }, (_, i): Pair => (i % 2 ? [0.1 + 0.2, 0.3] : [1e-17, 0]));
    const same = pairedDifference(pairs);
    expect(same).toMatchObject({ differing: 0, mean: { estimate: 0 }, sd: 0, p: 1 });
    expect(nonInferiority(pairs)).toMatchObject({ verdict: "not shown", requiredPairs: 149 });
  });

  it("takes 1e-9 for rounding, but no more: also beyond 1, the largest difference of scores", () => {
    expect(
      pairedDifference([
        [1e-9, 0],
        [1.1e-9, 0],
      ]),
    ).toMatchObject({ n: 2, differing: 1 });
    expect(pairedDifference([[1 + 1e-9, 0]]).mean).toHaveProperty("low");
    expect(pairedDifference([[1.23456, 0]]).mean).toMatchObject({
      reason: "a difference of 1.23: an interval needs scores from 0 to 1",
    });
  });

  it("of a method that changes nothing is 0, p is 1", () => {
    const same = pairedDifference([0.2, 0.5, 0, 1, 0.3, 0.7].map((score) => [score, score]));
    expect(same).toMatchObject({ n: 6, differing: 0, mean: { estimate: 0 }, sd: 0, p: 1 });
    // R: binom.test(0, 6)$conf.int[2] is 0.4592581.
    expect(boundsOf(same.mean).high).toBeCloseTo(0.4592581, 7);
  });

  it("never has a p of 0, and the smallest one for differences all of one sign", () => {
    const pairs = Array.from({ length: 40 }, (_, i): Pair => [i + 1 + i / 100, i]);
    expect(pairedDifference(pairs, { resamples: 999 }).p).toBe(1 / 1000);
  });

  it("turns its sign and keeps its p when the sides are exchanged", () => {
    const score = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100);
    fc.assert(
      fc.property(fc.array(fc.tuple(score, score), { minLength: 5, maxLength: 20 }), (pairs) => {
        const one = pairedDifference(pairs, { resamples: 200 });
        const other = pairedDifference(
          pairs.map(([a, b]) => [b, a] as const),
          { resamples: 200 },
        );
        expect(other.mean.estimate).toBeCloseTo(-one.mean.estimate, 6);
        expect(other.p).toBe(one.p);
        expect(boundsOf(other.mean).low).toBeCloseTo(-boundsOf(one.mean).high, 6);
      }),
      { numRuns: 50 },
    );
  });

  it("rejects a true null about as often as it says", () => {
    const trials = 400;
    const rejected = Array.from({ length: trials }, (_, trial) => {
      const source = random(`null ${trial}`);
      const pairs = Array.from({ length: 20 }, (): Pair => [source.normal(), source.normal()]);
      return pairedDifference(pairs, { resamples: 400, random: source.fork("b") }).p <= 0.05;
    }).filter(Boolean).length;
    expect(rejected / trials).toBeGreaterThan(0.02);
    expect(rejected / trials).toBeLessThan(0.085);
  });

  it("knows next to nothing from one pair, and refuses broken ones", () => {
    // Clopper and Pearson for 0 of 1: 0.975.
    const { low, high } = boundsOf(pairedDifference([[0.5, 0.5]]).mean);
    expect(low).toBeCloseTo(-0.975, 9);
    expect(high).toBeCloseTo(0.975, 9);
    expect(() => pairedDifference([])).toThrow('pairs must hold at least one pair; received "none".');
    expect(() => pairedDifference([[Number.NaN, 1]])).toThrow("pairs[0] must be two finite numbers");
    expect(() =>
      pairedDifference([
        [1, 0],
        [Number.NaN, 1],
      ]),
    ).toThrow("pairs[1] must be two finite numbers");
  });
});

/** Normal numbers within ±1, with the mean and spread asked for to the last digit where none is cut. */
function normals(sd: number, n: number, seed: string): Float64Array {
  const source = random(seed);
  const drawn = Float64Array.from({ length: n }, () => source.normal());
  const { mean, sd: spread } = summary(drawn);
  return drawn.map((value) => Math.max(-1, Math.min(1, ((value - mean) / spread!) * sd)));
}

describe("requiredPairs", () => {
  it.each([
    // 0 of n: the smallest n with 0.05^(1/n) above 1 − margin.
    [0.01, 299],
    [0.02, 149],
    [0.05, 59],
  ])("for equal pairs and a margin of %d are %d", (margin, n) => {
    expect(requiredPairs(new Float64Array(10), margin)).toBe(n);
    expect(requiredPairs(new Float64Array(10).fill(-0.3), margin)).toBe(n);
  });

  it.each([
    // n = ((1.645 + 0.84) · sd / 0.02)², Julious's table for one-sided 5 % and a power of 80 %.
    [0.12, 223],
    [0.2, 618],
    [0.3, 1390],
  ])("for normal differences of spread %d and a margin of 0.02 are at most a tenth more than %d", (sd, n) => {
    const needed = requiredPairs(normals(sd, 2000, "julious"), 0.02);
    expect(needed).toBeGreaterThan(n);
    expect(needed).toBeLessThan(1.1 * n);
  });

  it.each([
    ["normal", 0.1, () => normals(0.1, 2000, "n")],
    [
      "3 % lose 0.5 and as many gain it",
      0.5,
      () => Float64Array.from({ length: 2000 }, (_, i) => [-0.5, 0.5][i % 33] ?? 0),
    ],
  ])("give the power they promise, 80 %%, where differences are %s", (_, _scale, population) => {
    const values = population();
    const margin = 0.02;
    const needed = requiredPairs(values, margin);
    const trials = runs(100, 300);
    const shown = Array.from({ length: trials }, (_, trial) => {
      const source = random(`power ${trial}`);
      const pairs = Array.from({ length: needed }, (): Pair => [values[source.int(values.length)]!, 0]);
      return nonInferiority(pairs, { margin }).verdict === "non-inferior";
    }).filter(Boolean).length;
    // Three standard errors of 300 trials are 7 %, of 100 trials 12 %.
    expect(Math.abs(shown / trials - 0.8)).toBeLessThan(runs(0.12, 0.08));
  });

  it("are more than there are where losses were seen, however good the rest", () => {
    const pairs = Array.from({ length: 40 }, (_, i): Pair => [i === 0 ? 0.5 : 1, 1]);
    const { verdict, requiredPairs: needed } = nonInferiority(pairs);
    expect(verdict).toBe("not shown");
    expect(needed).toBeGreaterThan(149);
  });
});

describe("nonInferiority", () => {
  const spread = (mean: number, n: number): Pair[] =>
    Array.from({ length: n }, (_, i): Pair => [mean + (i % 2 === 0 ? 0.3 : -0.3), 0]);

  it("is shown where the lower bound lies above the margin, and not shown elsewhere", () => {
    const good = nonInferiority(spread(0, 2000));
    expect(good).toMatchObject({ n: 2000, margin: 0.02, verdict: "non-inferior", reason: null });
    // The one-sided bound of a mean: 1.645 standard errors below it.
    expect(good.lowerBound).toBeCloseTo((-1.645 * 0.3) / Math.sqrt(2000), 3);
    expect(nonInferiority(spread(-0.019, 2000)).verdict).toBe("not shown");
    expect(nonInferiority(spread(-0.019, 2000), { margin: 0.05 }).verdict).toBe("non-inferior");
  });

  it("is not shown by a bound that is the margin itself", () => {
    const pairs = spread(0, 200);
    const { lowerBound } = nonInferiority(pairs);
    expect(nonInferiority(pairs, { margin: -lowerBound! }).verdict).toBe("not shown");
    expect(nonInferiority(pairs, { margin: -lowerBound! + 1e-9 }).verdict).toBe("non-inferior");
  });

  it("does not take a few equal pairs for proof: 149 of them show a margin of 0.02, 148 do not", () => {
    // R: binom.test(0, 100)$conf.int[2] is 0.03621669; 1 - 0.05^(1/149) = 0.01990, 1 - 0.05^(1/148) = 0.02004.
    const equal = (n: number) => Array.from({ length: n }, (): Pair => [1, 1]);
    expect(boundsOf(pairedDifference(equal(100)).mean).low).toBeCloseTo(-0.03621669, 8);
    expect(nonInferiority(equal(148))).toMatchObject({ verdict: "not shown", requiredPairs: 149 });
    expect(nonInferiority(equal(149)).verdict).toBe("non-inferior");
    expect(nonInferiority(Array.from({ length: 5 }, (): Pair => [0.5, 0.4])).verdict).toBe("not shown");
  });

  it.each([5, 10, 20, 50, 140])("nor %d of which one gained a little: a loss may not have come up", (n) => {
    const pairs = Array.from({ length: n }, (_, i): Pair => [i === 0 ? 0.51 : 0.5, 0.5]);
    const { verdict, lowerBound, requiredPairs: needed } = nonInferiority(pairs);
    expect(verdict).toBe("not shown");
    expect(lowerBound).toBeLessThan(-0.02);
    // As for equal pairs, 149, but that their mean difference is a little better: 0.01/n.
    expect(needed).toBeGreaterThan(130);
    expect(needed).toBeLessThan(155);
  });

  it("bounds a few losses of everything as Clopper and Pearson do", () => {
    // R: binom.test(k, 200, alternative = "less")$conf.int[2].
    const limits = { 0: 0.0148671, 1: 0.0235001, 2: 0.0311285, 5: 0.0518037 };
    for (const [lost, limit] of Object.entries(limits)) {
      const pairs = Array.from({ length: 200 }, (_, i): Pair => [i < Number(lost) ? 0 : 1, 1]);
      expect(nonInferiority(pairs).lowerBound).toBeCloseTo(-limit, 3);
    }
  });

  it("is undecided for scores beyond 0 to 1, with the reason", () => {
    expect(nonInferiority([[70, 68]])).toMatchObject({
      verdict: "undecided",
      lowerBound: null,
      requiredPairs: null,
      reason: "a difference of 2: an interval needs scores from 0 to 1",
    });
    const lengths = [3, 60, -12].map((length): Pair => [length, 0]);
    expect(nonInferiority(lengths)).toMatchObject({ verdict: "undecided", requiredPairs: null });
    expect(nonInferiority(spread(0, 1))).toMatchObject({ verdict: "not shown", reason: null });
    const equal = Array.from({ length: 10 }, (): Pair => [1, 1]);
    expect(() => nonInferiority(equal, { margin: 0 })).toThrow(OptionError);
    // Also where no bound is compared with it.
    expect(() => nonInferiority([[70, 68]], { margin: 0 })).toThrow(OptionError);
    expect(() => nonInferiority(equal, { confidence: 1 })).toThrow(OptionError);
  });
});

describe("noiseFloor", () => {
  it("is how far the baseline's interval against itself reaches", () => {
    const pairs = Array.from({ length: 200 }, (_, i): Pair => (i < 6 ? [1, 0.3] : [0.4, 0.4]));
    const floor = noiseFloor(pairs);
    expect(floor.differing).toBe(6);
    expect(floor.mean.estimate).toBeCloseTo(0.021, 12);
    expect(floor.smallestVisible).toBe(boundsOf(floor.mean).high);
    expect(noiseFloor([[2, 0]]).smallestVisible).toBeNull();
  });
});

describe("recovery", () => {
  const examples = (blend: number, n = 60) =>
    Array.from({ length: n }, (_, i) => {
      const base = 0.02 + (i % 10) / 20;
      return {
        full: base + 0.4 + (i % 3) / 100,
        reuse: base,
        blend: base + 0.4 * blend + (i % 5) / 100 - 0.02,
      };
    });

  it("is 1 at the quality of full prefill, 0 at that of reuse, with an interval around it", () => {
    for (const share of [0, 0.5, 0.9]) {
      const estimate = recovery(examples(share));
      expect(estimate.estimate).toBeCloseTo((0.4 * share) / 0.41, 10);
      const { low, high } = boundsOf(estimate);
      expect(low).toBeLessThan(estimate.estimate!);
      expect(high).toBeGreaterThan(estimate.estimate!);
    }
  });

  it("has an interval for scores of 0 and 1 too, the ends of what a score can be", () => {
    const ends = Array.from({ length: 60 }, (_, i) => ({
      full: 1,
      reuse: i % 5 === 0 ? 1 : 0,
      blend: i % 3 === 0 ? 0 : 1,
    }));
    expect(recovery(ends)).toMatchObject({ low: expect.any(Number), high: expect.any(Number) });
  });

  it("does not take a blend that scores as full prefill on every example for one that always will", () => {
    const asGood = recovery(examples(0.5).map((one) => ({ ...one, blend: one.full })));
    expect(asGood.estimate).toBe(1);
    // An unseen loss of 1 in 0.025^(1/60), 6 %, of the examples, against a loss of 0.41 by reuse.
    expect(boundsOf(asGood).low).toBeCloseTo(1 - 0.0596 / 0.41, 1);
    expect(boundsOf(asGood).high).toBeCloseTo(1 + 0.0596 / 0.41, 1);
  });

  it("has the same share whichever of the two loses", () => {
    const loser = (one: { full: number; reuse: number; blend: number }) => ({
      full: 1 - one.full,
      reuse: 1 - one.reuse,
      blend: 1 - one.blend,
    });
    const [one, other] = [recovery(examples(0.5)), recovery(examples(0.5).map(loser))];
    expect(other.estimate).toBeCloseTo(one.estimate!, 12);
    expect(boundsOf(other).low).toBeCloseTo(boundsOf(one).low, 5);
    expect(boundsOf(other).high).toBeCloseTo(boundsOf(one).high, 5);
  });

  it("is refused where reuse may have lost nothing", () => {
    const source = random("refusal");
    const noise = Array.from({ length: 40 }, () => ({ full: source(), reuse: source(), blend: source() }));
    expect(recovery(noise)).toEqual({
      estimate: null,
      reason: expect.stringMatching(
        /^reuse may lose nothing: the interval of its loss \[−?0\.\d+, 0\.\d+\] includes 0$/,
      ),
    });
    // Losing 0.2 in 20 of 20 is a loss (2^-19), but not one that has a lower end above 0: another may gain 1.
    const few = Array.from({ length: 20 }, () => ({ full: 0.9, reuse: 0.7, blend: 0.8 }));
    expect(recovery(few)).toEqual({
      estimate: expect.closeTo(0.5, 9),
      reason: expect.stringMatching(/^too few examples for an interval: reuse loses, but .* includes 0$/),
    });
    const equal = examples(0.5).map((one) => ({ ...one, reuse: one.full }));
    expect(recovery(equal).estimate).toBeNull();
    // 0.1 + 0.2 and 0.3 are one score: their difference of 5.6e-17 is of rounding, however many have it.
    const rounded = Array.from({ length: 50 }, () => ({ full: 0.1 + 0.2, reuse: 0.3, blend: 0.3 }));
    expect(recovery(rounded)).toEqual({
      estimate: null,
      reason: expect.stringMatching(/^reuse may lose nothing/),
    });
    const gain = few.map(({ full, reuse, blend }) => ({
      full: 1 - full,
      reuse: 1 - reuse,
      blend: 1 - blend,
    }));
    expect(recovery(gain)).toMatchObject({ reason: expect.stringContaining("reuse gains, but") });
    expect(recovery(examples(0.5, 4)).estimate).toBeNull();
    expect(() => recovery([])).toThrow(OptionError);
    expect(() => recovery([{ full: 1, reuse: Number.NaN, blend: 1 }])).toThrow(
      "examples[0] must have three finite scores",
    );
    expect(recovery([{ full: 60, reuse: 20, blend: 50 }])).toEqual({
      estimate: null,
      reason: "an interval needs scores from 0 to 1",
    });
  });
});

describe("bootstrap", () => {
  it("of a mean agrees with the normal interval of many values", () => {
    const source = random("normal sample");
    const values = Array.from({ length: 400 }, () => 5 + source.normal());
    const mean = (sample: Float64Array) => sample.reduce((sum, value) => sum + value, 0) / sample.length;
    const estimate = bootstrap(values, mean);
    const { low, high } = boundsOf(estimate);
    // 2 × 1.96 standard errors.
    expect(high - low).toBeCloseTo(3.92 / Math.sqrt(400), 1);
    expect((low + high) / 2).toBeCloseTo(estimate.estimate!, 2);
  });

  it("draws as many values into a resample as there are, and no more", () => {
    const source = random("counted");
    let drawn = 0;
    const counting = Object.assign(() => {
      drawn += 1;
      return source();
    }, source);
    const mean = (sample: Float64Array) => sample.reduce((sum, value) => sum + value, 0) / sample.length;
    bootstrap([1, 2, 3, 4, 5, 6], mean, { resamples: 100, random: counting });
    expect(drawn).toBe(600);
  });

  it("takes any statistic, and says why there is no interval", () => {
    expect(
      boundsOf(bootstrap([1, 2, 3, 4, 5, 6], (values) => quantile(values, 0.95))).high,
    ).toBeLessThanOrEqual(6);
    expect(bootstrap([1, 2], (values) => Math.max(...values))).toEqual({
      estimate: 2,
      reason: "2 values: an interval needs at least 5",
    });
    expect(() => bootstrap([1, 2, 3, 4, 5], () => Number.NaN)).toThrow("statistic must give a finite number");
    expect(() => bootstrap([], () => 1)).toThrow(OptionError);
  });
});

describe("markOutliers", () => {
  it("marks the two large values of Iglewicz and Hoaglin's example, and keeps all", () => {
    // Iglewicz and Hoaglin (1993): the median is 2.45, the MAD 0.15; modified z-scores of 8.2 and 8.3 are 25.9 and 26.3.
    const values = Object.freeze([2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3]);
    expect(markOutliers(values)).toEqual([...Array(8).fill(false), true, true]);
  });

  it("marks the one that differs where most are the same, and none among equals or two", () => {
    expect(markOutliers([1, 1, 1, 1, 1, 1, 1, 100])).toEqual([
      false,
      false,
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
    expect(markOutliers([1, 1, 1])).toEqual([false, false, false]);
    expect(markOutliers([1, 1000])).toEqual([false, false]);
  });
});
