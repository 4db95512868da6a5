import { fewestFor, quantileOfSorted, sorted } from "../stats/quantile.js";
import { summary } from "../stats/summary.js";

/** The percentiles of the format, by their keys. */
const PERCENTILES = {
  p0p1: 0.001,
  p1: 0.01,
  p5: 0.05,
  p10: 0.1,
  p25: 0.25,
  p50: 0.5,
  p75: 0.75,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
  p99p9: 0.999,
} as const;

/** One measure of a Benchmark Report. */
export type LlmdStatistics = { readonly units: string; readonly mean: number } & Readonly<
  Record<string, number | string>
>;

/**
 * The statistics of values; null if there are none. Quantiles are of type 7, the standard deviation divides by n − 1, and a
 * percentile needs as many values as leave one beyond it: p99 and p1 need 100.
 */
export function llmdStatistics(values: readonly number[], units: string): LlmdStatistics | null {
  if (values.length === 0) return null;
  const ascending = sorted(values);
  const { mean, sd, min, max } = summary(ascending);
  const percentiles = Object.entries(PERCENTILES).filter(
    ([, p]) => values.length >= fewestFor(Math.max(p, 1 - p)),
  );
  return {
    units,
    mean,
    ...(sd !== null && { stddev: sd }),
    min,
    ...Object.fromEntries(percentiles.map(([key, p]) => [key, quantileOfSorted(ascending, p)])),
    max,
  };
}

/** A total over a duration; null if either is not known. */
export function llmdRate(total: number | null, seconds: number | null, units: string): LlmdStatistics | null {
  return total === null || seconds === null || !(seconds > 0) ? null : { units, mean: total / seconds };
}
