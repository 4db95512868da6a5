import { meanInterval, SCORE_DIFFERENCES } from "./bounded-mean.js";
import { type BootstrapOptions, bootstrapOptions, type Estimate } from "./interval.js";
import { differencesOf, outOfScores, type Pair } from "./pairs.js";
import { signFlipP } from "./sign-flip.js";
import { summary } from "./summary.js";

/** How a method differs from the baseline, pair by pair. */
export interface PairedDifference {
  readonly n: number;
  /** Pairs whose two values differ by more than rounding (1e-9). */
  readonly differing: number;
  /**
   * The mean difference, treatment minus baseline, with its interval; for scores outside 0 to 1 without one, but with the
   * reason.
   */
  readonly mean: Estimate & { readonly estimate: number };
  /** The standard deviation of the differences (divided by n − 1); null for one pair. */
  readonly sd: number | null;
  /** The two-sided p-value of the sign-flip permutation test. */
  readonly p: number;
}

/**
 * The mean difference of paired scores from 0 to 1: what a method costs on the same examples as the baseline.
 *
 * The interval (empirical likelihood with the worst difference as a possible one: Owen, "Empirical Likelihood", 2001) covers
 * the true mean even if most pairs are tied and few decide; `src/stats/bounded-mean.ts` has its sources and its simulated
 * coverage. p comes from a sign-flip permutation test (Phipson and Smyth 2010, https://arxiv.org/abs/1603.05766) with
 * `resamples` flips.
 *
 * @param pairs of [treatment, baseline], scores from 0 to 1, as `stats.matchPairs` gives them.
 * @throws OptionError for no pairs, a value that is not finite, or an option out of range.
 * @example
 * const pairs = [[0.8, 0.8], [0.5, 0.6], [1, 1], [0, 0.2], [0.7, 0.7], [0.9, 0.8]];
 * stats.pairedDifference(pairs).mean // { estimate: -0.0333, low: -0.4799, high: 0.4435 }
 */
export function pairedDifference(pairs: readonly Pair[], options: BootstrapOptions = {}): PairedDifference {
  const { resamples, confidence, random } = bootstrapOptions(options);
  const differences = differencesOf(pairs);
  const { n, mean: estimate, sd } = summary(differences);
  const reason = outOfScores(differences);
  return {
    n,
    differing: differences.filter((value) => value !== 0).length,
    mean:
      reason === null
        ? { estimate, ...meanInterval(differences, confidence, SCORE_DIFFERENCES) }
        : { estimate, reason },
    sd,
    p: signFlipP(differences, resamples, random.fork("signs")),
  };
}
