import { OptionError } from "../domain/errors/errors.js";

/** Two measurements of one thing: of the same example by a method and by the baseline. */
export type Pair = readonly [treatment: number, baseline: number];

/** The pairs, and what was left over. */
export interface Matched<K> {
  readonly pairs: readonly Pair[];
  /** Keys that only one side has; they can't be compared. */
  readonly unmatched: readonly K[];
}

/**
 * Pairs two sets of scores by their keys, in the baseline's order.
 *
 * @param treatment the method's scores, by example.
 * @param baseline the baseline's scores, by example.
 * @example
 * stats.matchPairs(new Map([["q1", 0.5]]), new Map([["q1", 0.4], ["q2", 1]]))
 * // { pairs: [[0.5, 0.4]], unmatched: ["q2"] }
 */
export function matchPairs<K>(
  treatment: ReadonlyMap<K, number>,
  baseline: ReadonlyMap<K, number>,
): Matched<K> {
  const shared = [...baseline.keys()].filter((key) => treatment.has(key));
  return {
    pairs: shared.map((key) => [treatment.get(key)!, baseline.get(key)!]),
    unmatched: [
      ...[...baseline.keys()].filter((key) => !treatment.has(key)),
      ...[...treatment.keys()].filter((key) => !baseline.has(key)),
    ],
  };
}

/**
 * Measurements in ascending order, by their first values, then their second ones. Resamples then depend only on the
 * measurements, not on the order in which they were made: a resumed run gives the same as one that was never interrupted.
 */
export function inOneOrder<P extends readonly number[]>(measurements: readonly P[]): readonly P[] {
  return [...measurements].sort((a, b) => {
    const place = a.findIndex((value, index) => value !== b[index]);
    return place < 0 ? 0 : a[place]! - b[place]!;
  });
}

/** Differences no larger than this are due to rounding: 0.1 + 0.2 and 0.3 are the same score. */
const ROUNDING = 1e-9;

/** Each pair's treatment minus baseline; differences due to rounding alone are 0. */
export function differencesOf(pairs: readonly Pair[]): Float64Array {
  const differences = Float64Array.from(pairs, ([treatment, baseline]) => treatment - baseline);
  if (differences.length === 0) throw new OptionError("pairs", "must hold at least one pair", "none");
  const broken = differences.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) throw new OptionError(`pairs[${broken}]`, "must be two finite numbers", pairs[broken]);
  return differences.map((value) => (Math.abs(value) <= ROUNDING ? 0 : value));
}

/** Why differences have no interval; null for those of scores from 0 to 1, which have one. */
export function outOfScores(differences: Float64Array): string | null {
  const beyond = differences.find((value) => Math.abs(value) > 1 + ROUNDING);
  return beyond === undefined
    ? null
    : `a difference of ${Number(beyond.toPrecision(3))}: an interval needs scores from 0 to 1`;
}
