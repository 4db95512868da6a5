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
  /** The mean difference, treatment minus baseline, with its interval; alone with the reason for scores beyond 0 to 1. */
  readonly mean: Estimate & { readonly estimate: number };
  /** The standard deviation of the differences (divided by n − 1); null for one pair. */
  readonly sd: number | null;
  /** The two-sided p-value of the sign-flip permutation test. */
  readonly p: number;
}

/**
 * The mean difference of paired scores from 0 to 1: what a method costs on the same examples as the baseline.
 *
 * The interval is that of `meanInterval` for differences from −1 to 1, which covers the true mean where most pairs are tied
 * and few decide, too: table and sources there. p is `signFlipP` with as many flips as `resamples`.
 *
 * @param pairs of [treatment, baseline], as `matchPairs` gives them.
 * @throws OptionError for no pairs, a value that is not finite, or an option out of range.
 * @example pairedDifference(pairs).mean // { estimate: 0.0033, low: -0.0335, high: 0.0382 }
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
