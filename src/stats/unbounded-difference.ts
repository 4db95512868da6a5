import { bootstrap } from "./bootstrap.js";
import {
  type BootstrapOptions,
  bootstrapOptions,
  type Estimate,
  expandedConfidence,
  FEWEST_VALUES,
} from "./interval.js";
import { differencesOf, type Pair } from "./pairs.js";
import { signFlipP } from "./sign-flip.js";
import { meanOf } from "./summary.js";

/**
 * The mean of values that have no bound, such as a divergence in nats, with its interval: the percentile bootstrap (Efron
 * 1979), widened for few values (Hesterberg 2015, expanded percentile interval). Fewer than 5 values have none.
 *
 * Scores from 0 to 1 have a better interval (`pairedDifference`), which allows for the worst possible value; here there is
 * none, so the interval does not allow for a rare large value that is not among the examples.
 */
export function unboundedMean(values: Float64Array, options: BootstrapOptions = {}): Estimate {
  const { confidence, ...rest } = bootstrapOptions(options);
  const widened = values.length < FEWEST_VALUES ? confidence : expandedConfidence(confidence, values.length);
  return bootstrap(values, meanOf, { ...rest, confidence: widened });
}

/** How far a method's unbounded values are from the baseline's on the same examples: the mean difference, and its sign-flip p. */
export function unboundedDifference(
  pairs: readonly Pair[],
  options: BootstrapOptions = {},
): { readonly mean: Estimate; readonly p: number } {
  const { resamples, random, confidence } = bootstrapOptions(options);
  const differences = differencesOf(pairs);
  return {
    mean: unboundedMean(differences, { resamples, confidence, random: random.fork("resamples") }),
    p: signFlipP(differences, resamples, random.fork("signs")),
  };
}
