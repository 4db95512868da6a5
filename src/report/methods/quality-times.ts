import type { IsCut } from "../../domain/records/cut-prompt.js";
import { type FirstToken, otherFirstToken, reasonsFirst } from "../../domain/records/first-token.js";
import type { QualityRecord } from "../../domain/records/record-kinds.js";
import type { TimedRow } from "../../domain/times/request-seconds.js";
import type { Estimate } from "../../stats/interval.js";
import { matchPairs } from "../../stats/pairs.js";
import type { Random } from "../../stats/random.js";
import { pairedRatioOfMedians } from "../../stats/ratio-of-medians.js";
import { summary } from "../../stats/summary.js";
import { methodCell } from "./method-cell.js";
import { secondsOf } from "./quality-scores.js";
import { timedRows } from "./side-by-side.js";

/** Which times of a quality table are shown. */
export interface TimeCounting {
  readonly isCut: IsCut;
  readonly firstToken: FirstToken;
  readonly showTtft: boolean;
}

/** The times of one method on one dataset, and how many times sooner it answers than its baseline. */
export interface QualityTimes {
  /** The requests whose times are shown. */
  readonly counted: readonly TimedRow[];
  readonly seconds: readonly number[];
  readonly mean: number | null;
  readonly median: number | null;
  readonly sd: number | null;
  readonly speedup: Estimate;
  /** The same by the other kind of first token. */
  readonly otherMean: number | null;
  readonly otherMedian: number | null;
  readonly otherSpeedup: Estimate;
  /** Requests in which reasoning came before the content. */
  readonly reasoning: number;
  /** Why there are none. */
  readonly reason: string | null;
  /** What the shown times include besides a request's own. */
  readonly note: string | null;
}

/**
 * The times of a method's rows and their speed-up over the baseline's: the ratio of median TTFTs on the same examples,
 * example by example.
 *
 * @param none why there is nothing to compare with, for a baseline without rows.
 */
export function qualityTimes(
  rows: readonly QualityRecord[],
  baseline: readonly QualityRecord[],
  { isCut, firstToken, showTtft }: TimeCounting,
  none: string,
  random: Random,
): QualityTimes {
  const [own, base] = [timedRows(rows, showTtft), timedRows(baseline, showTtft)];
  const { counted, seconds, otherSeconds, reasoning } = methodCell(own.rows, isCut, firstToken);
  const speedupTo = (which: FirstToken, source: Random): Estimate => {
    const reason = own.reason ?? base.reason;
    if (reason !== null) return { estimate: null, reason };
    if (own.note !== base.note) {
      return { estimate: null, reason: "the baseline ran with a different number of concurrent examples" };
    }
    const { pairs } = matchPairs(secondsOf(base.rows, isCut, which), secondsOf(own.rows, isCut, which));
    if (pairs.length === 0) return { estimate: null, reason: none };
    const ratio = pairedRatioOfMedians(pairs, { random: source });
    // Requests that wait for each other are no independent values: there is no interval of them.
    return own.note === null || ratio.estimate === null
      ? ratio
      : { estimate: ratio.estimate, reason: `no interval: ${own.note}` };
  };
  const speedup = speedupTo(firstToken, random);
  const reasons = reasoning > 0 || base.rows.some(reasonsFirst);
  const [times, otherTimes] = [seconds, otherSeconds].map((all) => (all.length === 0 ? null : summary(all)));
  return {
    counted,
    seconds,
    mean: times?.mean ?? null,
    median: times?.median ?? null,
    sd: times?.sd ?? null,
    speedup,
    otherMean: otherTimes?.mean ?? null,
    otherMedian: otherTimes?.median ?? null,
    otherSpeedup: reasons
      ? speedupTo(otherFirstToken(firstToken), random.fork("other first token"))
      : speedup,
    reasoning,
    reason: own.reason,
    note: own.note,
  };
}
