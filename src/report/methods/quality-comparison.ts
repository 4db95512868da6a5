import { max } from "d3-array";
import { datasetName } from "../../domain/records/dataset-name.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import { winsBack } from "../../domain/records/methods.js";
import type { RequestTime } from "../../domain/records/objectives.js";
import type { QualityRecord } from "../../domain/records/record-kinds.js";
import type { Series } from "../../domain/records/series.js";
import type { Estimate } from "../../stats/interval.js";
import { type NonInferiority, nonInferiority } from "../../stats/non-inferiority.js";
import { pairedDifference } from "../../stats/paired-difference.js";
import { matchPairs } from "../../stats/pairs.js";
import { random } from "../../stats/random.js";
import { recovery } from "../../stats/recovery.js";
import { retained } from "../../stats/retained.js";
import { boundsOf } from "../../tables/number-cells.js";
import { highest, soonest } from "../best.js";
import type { Counterpart } from "../counterpart.js";
import { methodCell } from "./method-cell.js";
import type { MethodGroup } from "./method-groups.js";
import { meanScore, parseRate, scoresOf } from "./quality-scores.js";
import { type QualityTimes, qualityTimes, type TimeCounting } from "./quality-times.js";
import { timedRows } from "./side-by-side.js";
import { twinAlarm, twinsOf } from "./twin-alarm.js";

/** One row of a quality table's data: one method on one dataset by one metric. Scores from 0 to 1, times in seconds. */
export interface QualityTableRow {
  readonly dataset: string;
  /** The number of examples of the bundled sample that stands in for the dataset; null if none does. */
  readonly bundled_examples: number | null;
  readonly metric: string;
  /** Followed by what distinguishes it, if one label has several models, servers or wordings. */
  readonly label: string;
  readonly model: string | null;
  /** What distinguishes its group of comparable methods from the others, such as `A40`; empty if there is only one. */
  readonly group: string;
  readonly is_baseline: boolean;
  /** The label that this row is compared with; null if its group has no baseline. */
  readonly baseline: string | null;
  readonly n: number;
  readonly failed_n: number;
  readonly contradicted_n: number;
  /** Of which the server's report says nothing. */
  readonly unproven_n: number;
  /** All that were asked, however they ended. */
  readonly requests_n: number;
  /** Excluded, because the server cut their prompts. */
  readonly cut_n: number;
  readonly score: number | null;
  /** The 95 % interval of the mean score; null for scores outside 0 to 1. */
  readonly score_low: number | null;
  readonly score_high: number | null;
  /** The share of answers that had the tag they were asked for; null if none was asked for. */
  readonly parse_rate: number | null;
  /** Examples that this method and the baseline both answered. */
  readonly pairs: number | null;
  readonly difference: number | null;
  readonly difference_low: number | null;
  readonly difference_high: number | null;
  readonly p: number | null;
  readonly non_inferior: Verdict | null;
  readonly required_pairs: number | null;
  /** The share of full prefill's mean score on the same examples; 1 means all of it. */
  readonly retained: number | null;
  readonly retained_low: number | null;
  readonly retained_high: number | null;
  readonly recovery: number | null;
  readonly recovery_low: number | null;
  readonly recovery_high: number | null;
  /** The maximum number of examples that ran at once; null if the log does not say. */
  readonly concurrency: number | null;
  /** The kind of token that the times refer to. */
  readonly first_token: FirstToken;
  /** Requests in which reasoning came before the content. */
  readonly reasoning_n: number;
  readonly ttft_mean_seconds: number | null;
  readonly ttft_sd_seconds: number | null;
  readonly ttft_median_seconds: number | null;
  readonly speedup: number | null;
  readonly speedup_low: number | null;
  readonly speedup_high: number | null;
  /** The same by the other kind of first token: any, if `first_token` is content. */
  readonly other_ttft_mean_seconds: number | null;
  readonly other_ttft_median_seconds: number | null;
  readonly other_speedup: number | null;
  /** The percentiles that were asked for, by time, as `ttft_p95_seconds`. */
  readonly [percentile: `${RequestTime}_p${number}_seconds`]: number | null;
}

/**
 * `yes`: shown to be no worse than the margin allows. `no`: shown to be worse by more. `not shown`: neither, with this many
 * examples. `undecided`: scores outside 0 to 1 have no bound.
 */
export type Verdict = "yes" | "no" | "not shown" | "undecided";

export interface Compared extends QualityTableRow {
  readonly times: QualityTimes;
  readonly best: { readonly score: boolean; readonly time: boolean };
  readonly reason: string | null;
  readonly estimates: {
    readonly difference: Estimate;
    readonly retained: Estimate | null;
    readonly recovery: Estimate | null;
  };
}

/** A dataset and a metric: only scores that share both can be compared. */
export const setOf = (row: QualityRecord): string => `${datasetName(row)}\n${row.metric}`;

/** One group's methods on one dataset by one metric, each against the group's baseline. */
export function compareMethods<R extends QualityRecord>(
  { name: groupName, methods, fullPrefill, fullReuse }: MethodGroup<R>,
  set: string,
  counting: TimeCounting,
  margin: number,
): { readonly compared: Compared[]; readonly alarms: string[] } {
  const { isCut, firstToken, showTtft } = counting;
  const rowsOf = (series: Series<R> | null): readonly R[] =>
    series === null ? [] : series.rows.filter((row) => setOf(row) === set);
  const full = scoresOf(rowsOf(fullPrefill), isCut);
  const reuse = scoresOf(rowsOf(fullReuse), isCut);
  const present = methods.map((one) => ({ ...one, rows: rowsOf(one) })).filter(({ rows }) => rows.length > 0);
  const boldly = random("quality table, bold");
  const bestScores = highest(
    present.map(({ rows }) => scoresOf(rows, isCut)),
    boldly.fork("score"),
  );
  const bestTimes = soonest(
    present.map(({ rows }) => methodCell(timedRows(rows, showTtft).rows, isCut, firstToken).seconds),
    boldly.fork("time"),
  );
  const compared = present.map(({ name: label, traits, baseline, rows }, index): Compared => {
    const { dataset, bundled_examples = null, metric, method } = rows[0]!;
    const baseRows = rowsOf(baseline.series);
    const base = scoresOf(baseRows, isCut);
    const source = random("quality table");
    const scores = scoresOf(rows, isCut);
    const scored = scores.size === 0 ? null : meanScore([...scores.values()]);
    const cell = methodCell(rows, isCut, firstToken);
    const is_baseline = label === baseline.series?.name;
    const { pairs } = matchPairs(scores, base);
    const paired = is_baseline || pairs.length === 0 ? null : pairedDifference(pairs, { random: source });
    const tested = paired === null ? null : nonInferiority(pairs, { margin });
    const threes = [...scores].flatMap(([id, blend]) => {
      const [computed, reused] = [full.get(id), reuse.get(id)];
      return computed === undefined || reused === undefined ? [] : [{ full: computed, reuse: reused, blend }];
    });
    const recovered = winsBack(method) ? recoveryOf(threes, fullPrefill, fullReuse) : null;
    const retains = label === fullPrefill?.name ? null : retainedOf(scores, full, fullPrefill);
    const none = { estimate: null, reason: whyNotCompared(baseline, baseRows) };
    const difference = paired?.mean ?? none;
    const times = qualityTimes(rows, is_baseline ? [] : baseRows, counting, none.reason, source);
    const { speedup } = times;
    return {
      dataset,
      bundled_examples,
      metric,
      label,
      model: traits.get("model") ?? null,
      group: groupName,
      is_baseline,
      baseline: baseline.series?.name ?? null,
      n: scores.size,
      failed_n: cell.failed,
      contradicted_n: cell.evidence.contradicted,
      unproven_n: cell.evidence.unproven,
      requests_n: cell.requests,
      cut_n: cell.cut.length,
      score:
        scores.size === 0 ? null : [...scores.values()].reduce((sum, score) => sum + score, 0) / scores.size,
      score_low: scored?.low ?? null,
      score_high: scored?.high ?? null,
      parse_rate: parseRate(rows, isCut),
      pairs: paired?.n ?? null,
      difference: difference.estimate,
      difference_low: boundsOf(difference).low,
      difference_high: boundsOf(difference).high,
      p: paired?.p ?? null,
      non_inferior: tested === null ? null : verdictOf(tested.verdict, difference, margin),
      required_pairs: tested?.requiredPairs ?? null,
      retained: retains?.estimate ?? null,
      retained_low: boundsOf(retains).low,
      retained_high: boundsOf(retains).high,
      recovery: recovered?.estimate ?? null,
      recovery_low: boundsOf(recovered).low,
      recovery_high: boundsOf(recovered).high,
      concurrency: max(rows, ({ concurrency }) => concurrency ?? 0) || null,
      first_token: firstToken,
      reasoning_n: times.reasoning,
      ttft_mean_seconds: times.mean,
      ttft_sd_seconds: times.sd,
      ttft_median_seconds: times.median,
      speedup: speedup.estimate,
      speedup_low: boundsOf(speedup).low,
      speedup_high: boundsOf(speedup).high,
      other_ttft_mean_seconds: times.otherMean,
      other_ttft_median_seconds: times.otherMedian,
      other_speedup: times.otherSpeedup.estimate,
      times,
      reason: tested?.reason ?? null,
      best: { score: bestScores[index]!, time: bestTimes[index]! },
      estimates: { difference, retained: retains, recovery: recovered },
    };
  });
  const alarms = twinsOf(present).flatMap(([first, again]) => {
    const source = random("quality table, twins");
    const { speedup } = qualityTimes(again.rows, first.rows, counting, "", source);
    const { pairs } = matchPairs(scoresOf(again.rows, isCut), scoresOf(first.rows, isCut));
    const difference = pairs.length === 0 ? undefined : pairedDifference(pairs, { random: source }).mean;
    return twinAlarm([first, again], `on ${set.replace("\n", ", ")}`, {
      ratio: speedup,
      ...(difference && { difference }),
    });
  });
  return { compared, alarms };
}

function verdictOf(tested: NonInferiority["verdict"], difference: Estimate, margin: number): Verdict {
  if (tested === "non-inferior") return "yes";
  return "high" in difference && difference.high < -margin ? "no" : tested;
}

/** The share of its own group's full prefill score that a method retains. */
function retainedOf(
  scores: ReadonlyMap<string, number>,
  full: ReadonlyMap<string, number>,
  fullPrefill: unknown,
): Estimate {
  const { pairs } = matchPairs(scores, full);
  if (pairs.length > 0) return retained(pairs);
  const reason =
    fullPrefill === null
      ? "there is no full prefill to compare it with"
      : "no example that full prefill also answered";
  return { estimate: null, reason };
}

const GAINS = "full KV reuse scores higher than full prefill here: there is no loss to recover";

/** The share of the loss of its own group's full KV reuse that a blend recovers. */
function recoveryOf(
  threes: Parameters<typeof recovery>[0],
  fullPrefill: unknown,
  fullReuse: unknown,
): Estimate {
  if (threes.length > 0) {
    const share = recovery(threes);
    const loses = threes.reduce((sum, { full, reuse }) => sum + full - reuse, 0) > 0;
    // The share of a gain would read like that of a loss.
    return share.estimate === null || loses ? share : { estimate: null, reason: GAINS };
  }
  const lacking = fullPrefill === null ? "full prefill" : fullReuse === null ? "full KV reuse" : null;
  const reason =
    lacking === null
      ? "no example was also answered by full prefill and full KV reuse"
      : `there is no ${lacking} to compare it with`;
  return { estimate: null, reason };
}

function whyNotCompared(
  baseline: Counterpart<{ readonly name: string }>,
  rows: readonly QualityRecord[],
): string {
  if (baseline.series === null) return baseline.reason;
  return rows.length === 0
    ? `${baseline.series.name} was not measured on this dataset by this metric`
    : "no example was also answered by the baseline";
}
