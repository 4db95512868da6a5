import { OptionError } from "../domain/errors/errors.js";
import { lowerMean, SCORE_DIFFERENCES } from "./bounded-mean.js";
import { criticalRatio } from "./count-limit.js";
import { bootstrapOptions } from "./interval.js";
import { differencesOf, outOfScores, type Pair } from "./pairs.js";
import { summary } from "./summary.js";

/** Whether a method is at most a margin worse than the baseline. */
export interface NonInferiority {
  readonly n: number;
  /** The largest acceptable loss. */
  readonly margin: number;
  /** The mean difference, treatment minus baseline. */
  readonly difference: number;
  /** The one-sided 95 % lower bound of the difference; null if there is none. */
  readonly lowerBound: number | null;
  /**
   * `non-inferior`: the lower bound is above −margin. `not shown`: it is not, which does not prove that the method is worse.
   * `undecided`: scores outside 0 to 1 have no bound, see `reason`.
   */
  readonly verdict: "non-inferior" | "not shown" | "undecided";
  readonly reason: string | null;
  /** The number of pairs that would show it with a power of 80 %, if they differ as these do; null if there is no bound. */
  readonly requiredPairs: number | null;
}

/** Options of a test for non-inferiority. */
export interface NonInferiorityOptions {
  /** The largest acceptable loss; default 0.02, within which CacheBlend's authors call quality unchanged (EuroSys'25). */
  readonly margin?: number;
  /** Confidence of the one-sided bound, between 0 and 1; default 0.95. */
  readonly confidence?: number;
}

/**
 * Tests whether a method loses less than a margin against the baseline, pair by pair: H0 is a mean difference of −margin or
 * less, and it is rejected if the one-sided lower bound of the mean lies above −margin.
 *
 * At most 5.5 % of samples give a false "non-inferior", even if most pairs are tied and few losses decide (simulated,
 * `src/stats/bounded-mean.ts`). The price: losses that have not been seen may still exist, so even equal pairs demonstrate a
 * margin of 0.02 only from 149 pairs on.
 *
 * Piaggio et al., "Reporting of noninferiority and equivalence randomized trials" (2012),
 * https://doi.org/10.1001/jama.2012.87802.
 *
 * @param pairs of [treatment, baseline], scores from 0 to 1.
 * @throws OptionError for no pairs, a value that is not finite, or an option out of range.
 * @example
 * const pairs = Array.from({ length: 200 }, () => [1, 1]);
 * stats.nonInferiority(pairs, { margin: 0.02 }).verdict // "non-inferior"
 */
export function nonInferiority(
  pairs: readonly Pair[],
  { margin = 0.02, confidence = 0.95 }: NonInferiorityOptions = {},
): NonInferiority {
  bootstrapOptions({ confidence });
  const differences = differencesOf(pairs);
  checkMargin(margin);
  const { n, mean: difference } = summary(differences);
  const facts = { n, margin, difference };
  const reason = outOfScores(differences);
  if (reason !== null)
    return { ...facts, lowerBound: null, verdict: "undecided", reason, requiredPairs: null };
  const lowerBound = lowerMean(differences, SCORE_DIFFERENCES.lowest, criticalRatio(1 - confidence));
  return {
    ...facts,
    lowerBound,
    verdict: lowerBound > -margin ? "non-inferior" : "not shown",
    reason: null,
    requiredPairs: requiredPairs(differences, margin, confidence),
  };
}

/** The normal quantile of a power of 80 %, to the digits sample-size tables use. */
const Z_POWER = 0.84;

/**
 * The number of pairs needed to show non-inferiority at a margin with a power of 80 %, if pairs differ as these do around a
 * mean difference of 0, or of theirs if that is better: the fewest whose lower bound would still be above −margin with their
 * mean 0.84 standard errors too low.
 *
 * For many normal differences it is Julious's n = ((1.645 + 0.84) · sd / margin)² ("Sample sizes for clinical trials with
 * Normal data", 2004, §6, https://doi.org/10.1002/sim.1783); if few losses decide, it is more.
 *
 * @param differences of scores from 0 to 1.
 * @param confidence one-sided.
 * @throws OptionError for a margin that is not above 0.
 * @example requiredPairs(new Float64Array(10), 0.02) // 149
 */
export function requiredPairs(differences: Float64Array, margin: number, confidence = 0.95): number {
  checkMargin(margin);
  const { mean, sd } = summary(differences);
  const asGood = differences.map((value) => value - Math.min(mean, 0));
  const critical = criticalRatio(1 - confidence);
  const shows = (count: number): boolean =>
    lowerMean(asGood, SCORE_DIFFERENCES.lowest, critical, count) - (Z_POWER * (sd ?? 0)) / Math.sqrt(count) >
    -margin;
  let [tooFew, enough] = [0, 1];
  while (!shows(enough)) [tooFew, enough] = [enough, 2 * enough];
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (shows(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}

function checkMargin(margin: number): void {
  if (!(margin > 0 && margin < Number.POSITIVE_INFINITY)) {
    throw new OptionError("margin", "must be a number above 0", margin);
  }
}
