import { normalBelow, studentBound } from "./student-t.js";

/**
 * The confidence at which a percentile interval from few values is as wide as it should be at the one asked for: its
 * percentiles are moved outward as Student's t and the divisor n − 1 would move the ends of a mean's interval.
 *
 * Hesterberg, "What Teachers Should Know About the Bootstrap" (2015), https://doi.org/10.1080/00031305.2015.1089789,
 * expanded percentile interval.
 *
 * @param count the values, or blocks of values, of which resamples are made; 2 or more.
 * @example expandedConfidence(0.95, 10) // 0.983
 */
export function expandedConfidence(confidence: number, count: number): number {
  const bound = Math.sqrt(count / (count - 1)) * studentBound(confidence, count - 1);
  return 1 - 2 * normalBelow(-bound);
}
