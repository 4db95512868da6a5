import { OptionError } from "../domain/errors/errors.js";
import {
  type BootstrapOptions,
  bootstrapOptions,
  type Estimate,
  FEWEST_VALUES,
  percentileInterval,
  tooFew,
} from "./interval.js";

/**
 * Any statistic of one group with its percentile bootstrap interval.
 *
 * Efron, "Bootstrap methods: another look at the jackknife" (1979);
 * https://en.wikipedia.org/wiki/Bootstrapping_(statistics).
 *
 * @param values at least one finite number.
 * @param statistic gets a resample of the group's size; the array is reused, so it must not be kept.
 * @returns only the estimate, with the reason, for fewer than 5 values.
 * @throws OptionError for no values, a statistic that is not finite, or an option out of range.
 * @example
 * const seconds = [0.41, 0.42, 0.4, 0.43, 0.52];
 * stats.bootstrap(seconds, (values) => stats.quantile(values, 0.5)) // { estimate: 0.42, low: 0.4, high: 0.52 }
 */
export function bootstrap(
  values: ArrayLike<number>,
  statistic: (values: Float64Array) => number,
  options: BootstrapOptions = {},
): Estimate {
  const { resamples, confidence, random } = bootstrapOptions(options);
  const group = Float64Array.from(values).sort();
  if (group.length === 0) throw new OptionError("values", "must hold at least one number", "none");
  const finite = (value: number): number => {
    if (!Number.isFinite(value)) throw new OptionError("statistic", "must give a finite number", value);
    return value;
  };
  const estimate = finite(statistic(group.slice()));
  if (group.length < FEWEST_VALUES) return { estimate, reason: tooFew(group.length, "value") };
  const resample = new Float64Array(group.length);
  const resampled = Float64Array.from({ length: resamples }, () => {
    for (let i = 0; i < resample.length; i++) resample[i] = group[Math.floor(random() * group.length)]!;
    return finite(statistic(resample));
  });
  return { estimate, ...percentileInterval(resampled, confidence) };
}
