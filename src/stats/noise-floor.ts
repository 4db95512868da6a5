import type { BootstrapOptions } from "./interval.js";
import { type PairedDifference, pairedDifference } from "./paired-difference.js";
import type { Pair } from "./pairs.js";

/** How much the baseline differs from itself. */
export interface NoiseFloor extends PairedDifference {
  /** The end of the interval farther from 0: smaller losses can't be distinguished from noise; null without interval. */
  readonly smallestVisible: number | null;
}

/**
 * The A/A arm: the baseline against a second run of itself. Two runs of a deterministic model need not give the same answers,
 * and their difference is noise in every other comparison of as many examples. The interval is that of
 * `stats.pairedDifference`.
 *
 * @param pairs of [second run, first run], scores from 0 to 1.
 * @throws OptionError for no pairs, a value that is not finite, or an option out of range.
 * @example
 * const pairs = Array.from({ length: 200 }, () => [1, 1]);
 * stats.noiseFloor(pairs).smallestVisible // 0.0183
 */
export function noiseFloor(pairs: readonly Pair[], options: BootstrapOptions = {}): NoiseFloor {
  const difference = pairedDifference(pairs, options);
  const { mean } = difference;
  return {
    ...difference,
    smallestVisible: "low" in mean ? Math.max(Math.abs(mean.low), Math.abs(mean.high)) : null,
  };
}
