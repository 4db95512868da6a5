import { largest, smallest } from "../domain/extremes.js";
import { type Estimate, FEWEST_VALUES } from "../stats/interval.js";
import { pairedDifference } from "../stats/paired-difference.js";
import { matchPairs } from "../stats/pairs.js";
import { median } from "../stats/quantile.js";
import type { Random } from "../stats/random.js";
import { ratioOfMedians } from "../stats/ratio-of-medians.js";

/**
 * Which members of a group to print bold, by their times: the one with the lowest median, and those whose ratio of medians to
 * it has an interval that includes 1.
 *
 * Intervals are at 95 %, Bonferroni's correction for the comparisons of the group included. Nothing is bold in a group with a
 * member of fewer than 5 values, or in which no difference can be shown: a bold number would then say more than the data do.
 *
 * @example soonest([[1, 1.01, 1.02, 1.03, 1.04], [2, 2.01, 2.02, 2.03, 2.04]], random(1)) // [true, false]
 */
export function soonest(group: readonly (readonly number[])[], source: Random): boolean[] {
  if (group.some((seconds) => seconds.length < FEWEST_VALUES)) return group.map(() => false);
  const medians = group.map(median);
  return bold(group, medians.indexOf(smallest(medians)), (member, best, confidence) =>
    holds(ratioOfMedians(member, best, { confidence, random: source.fork("member") }), 1),
  );
}

/**
 * Which members of a group to print bold, by their scores: the one with the highest mean, and those whose mean difference
 * from it on the same examples has an interval that includes 0 (`meanInterval`: its coverage holds for tied and sparse scores
 * too). Otherwise as {@link soonest}.
 */
export function highest(group: readonly ReadonlyMap<string, number>[], source: Random): boolean[] {
  if (group.some((scores) => scores.size < FEWEST_VALUES)) return group.map(() => false);
  const means = group.map(
    (scores) => [...scores.values()].reduce((sum, score) => sum + score, 0) / scores.size,
  );
  return bold(group, means.indexOf(largest(means)), (member, best, confidence) => {
    const { pairs } = matchPairs(member, best);
    if (pairs.length < FEWEST_VALUES) return true;
    return holds(
      pairedDifference(pairs, { confidence, resamples: 100, random: source.fork("member") }).mean,
      0,
    );
  });
}

function bold<T>(
  group: readonly T[],
  best: number,
  isLike: (member: T, best: T, confidence: number) => boolean,
): boolean[] {
  const confidence = 1 - 0.05 / Math.max(1, group.length - 1);
  const marks = group.map((member, index) => index === best || isLike(member, group[best]!, confidence));
  return marks.every((mark) => mark) ? group.map(() => false) : marks;
}

/** Whether an estimate's interval includes a value; one without an interval excludes nothing. */
function holds(estimate: Estimate, value: number): boolean {
  return !("low" in estimate) || (estimate.low <= value && value <= estimate.high);
}
