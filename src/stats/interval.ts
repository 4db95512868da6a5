import { OptionError } from "../domain/errors/errors.js";
import { quantileOfSorted } from "./quantile.js";
import { type Random, random as seeded } from "./random.js";
import { normalBelow, studentBound } from "./student-t.js";

/** An estimate with its confidence interval, or with the reason there is none. */
export type Estimate =
  | { readonly estimate: number; readonly low: number; readonly high: number }
  | { readonly estimate: number | null; readonly reason: string };

/** Options of a bootstrap interval. */
export interface BootstrapOptions {
  /** Number of resamples; default 10,000. */
  readonly resamples?: number;
  /** Confidence of the interval, between 0 and 1; default 0.95. */
  readonly confidence?: number;
  /** Source of randomness for resamples; default one with a fixed seed, so that the same data give the same interval. */
  readonly random?: Random;
}

/** Fewer values give no interval, because there are too few different resamples. */
export const FEWEST_VALUES = 5;

/** Why a few values have no interval. */
export function tooFew(count: number, what: "value" | "pair"): string {
  return `${count} ${what}${count === 1 ? "" : "s"}: an interval needs at least ${FEWEST_VALUES}`;
}

/** The options with their defaults, checked. */
export function bootstrapOptions({
  resamples = 10_000,
  confidence = 0.95,
  random = seeded("bootstrap"),
}: BootstrapOptions): Required<BootstrapOptions> {
  if (!Number.isInteger(resamples) || resamples < 100) {
    throw new OptionError("resamples", "must be an integer from 100", resamples);
  }
  if (!(confidence > 0 && confidence < 1)) {
    throw new OptionError("confidence", "must be between 0 and 1", confidence);
  }
  return { resamples, confidence, random };
}

/** The percentile interval of a statistic's resampled values (Efron 1979); sorts `resampled` in place. */
export function percentileInterval(
  resampled: Float64Array,
  confidence: number,
): { low: number; high: number } {
  resampled.sort();
  const tail = (1 - confidence) / 2;
  return { low: quantileOfSorted(resampled, tail), high: quantileOfSorted(resampled, 1 - tail) };
}

/**
 * The confidence at which a percentile interval from few values is as wide as it should be at the confidence asked for: its
 * percentiles are moved outward as Student's t and the divisor n − 1 would move the ends of a mean's interval.
 *
 * Hesterberg, "What Teachers Should Know About the Bootstrap" (2015), https://doi.org/10.1080/00031305.2015.1089789,
 * expanded percentile interval.
 *
 * @param count the number of values, or blocks of values, that are resampled; 2 or more.
 * @example expandedConfidence(0.95, 10) // 0.983
 */
export function expandedConfidence(confidence: number, count: number): number {
  const bound = Math.sqrt(count / (count - 1)) * studentBound(confidence, count - 1);
  return 1 - 2 * normalBelow(-bound);
}
