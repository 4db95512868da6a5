import { group, max } from "d3-array";
import { cutPrompts, type IsCut } from "../../domain/records/cut-prompt.js";
import { type FirstToken, requireFirstToken } from "../../domain/records/first-token.js";
import type { QualityRecord } from "../../domain/records/record-kinds.js";
import type { Series } from "../../domain/records/series.js";
import type { Estimate } from "../../stats/interval.js";
import { type NonInferiority, nonInferiority } from "../../stats/non-inferiority.js";
import { pairedDifference } from "../../stats/paired-difference.js";
import { matchPairs } from "../../stats/pairs.js";
import { random } from "../../stats/random.js";
import { recovery } from "../../stats/recovery.js";
import { formatCount, formatSeconds, type TimeUnit, timeUnit } from "../../tables/format.js";
import { boundsOf, estimateCell, spreadCell } from "../../tables/number-cells.js";
import { Table } from "../../tables/table.js";
import { type Cell, missing } from "../../tables/table-parts.js";
import { highest, soonest } from "../best.js";
import type { Counterpart } from "../counterpart.js";
import { OTHER_TOKEN, TO_FIRST } from "../request-notes.js";
import { askedRows } from "./asked-rows.js";
import { methodCell, methodNotes } from "./method-cell.js";
import { type MethodGroup, methodGroups } from "./method-groups.js";
import { lengthNotes, promptNotes } from "./quality-prompt-notes.js";
import { QUALITY_SETTING, repeatedExamples, scoresOf } from "./quality-scores.js";
import { type QualityTimes, qualityTimes, type TimeCounting } from "./quality-times.js";
import { ranSideBySide, requireShowTtft, sideBySideNote, timedRows } from "./side-by-side.js";
import { twinAlarm, twinsOf } from "./twin-alarm.js";

/** How a quality table is made. */
export interface QualityTableOptions<L extends string = string> {
  /** The label scores and times are compared with; default the full prefill of the same model and server. */
  readonly baseline?: L;
  /** How much worse still counts as no worse; as a difference of scores from 0 to 1; default 0.02, the paper's own tolerance. */
  readonly margin?: number;
  /** Which token is the first: that of the content (the default), or any, reasoning too. */
  readonly firstToken?: FirstToken;
  /** Show TTFT also of examples that ran side by side and waited for each other, marked as such; default false. */
  readonly showTtft?: boolean;
}

/** One row of a quality table's data: one method on one dataset by one metric. Scores from 0 to 1, times in seconds. */
export interface QualityTableRow {
  readonly dataset: string;
  readonly metric: string;
  /** With what tells it apart, where one label holds several models, servers or wordings. */
  readonly label: string;
  readonly model: string | null;
  /** What tells its group of comparable methods from the others, as `A40`; empty where there is one. */
  readonly group: string;
  readonly is_baseline: boolean;
  /** The label that this row is compared with; null where its group has no baseline. */
  readonly baseline: string | null;
  readonly n: number;
  readonly failed_n: number;
  readonly contradicted_n: number;
  /** Left out, for the server cut their prompts. */
  readonly cut_n: number;
  readonly score: number | null;
  /** Examples that this method and the baseline both answered. */
  readonly pairs: number | null;
  readonly difference: number | null;
  readonly difference_low: number | null;
  readonly difference_high: number | null;
  readonly p: number | null;
  readonly non_inferior: Verdict | null;
  readonly required_pairs: number | null;
  readonly recovery: number | null;
  readonly recovery_low: number | null;
  readonly recovery_high: number | null;
  /** The most examples that ran concurrently; null where the log does not say. */
  readonly concurrency: number | null;
  /** The token that the times count to. */
  readonly first_token: FirstToken;
  /** Requests in which reasoning came before the content. */
  readonly reasoning_n: number;
  readonly ttft_mean_seconds: number | null;
  readonly ttft_sd_seconds: number | null;
  readonly speedup: number | null;
  readonly speedup_low: number | null;
  readonly speedup_high: number | null;
  /** The same by the other first token: any, where `first_token` is content. */
  readonly other_ttft_mean_seconds: number | null;
  readonly other_speedup: number | null;
}

/**
 * Scores by dataset and method, against the baseline on the same examples: mean difference with its interval, whether
 * non-inferiority at the margin is shown, the share of reuse's loss won back, TTFT and speed-up. Each model, server and
 * wording has a baseline and a full KV reuse of its own.
 *
 * Failed requests have no score and are excluded, as are those the server's report contradicts; notes count them.
 *
 * @param rows of `quality.run` or `quality.read`.
 * @throws OptionError for a baseline that is no label of the rows, a margin that is not above 0, or another first token.
 * @example quality.table(rows, { baseline: "Full prefill", margin: 0.02 }).rows[1].non_inferior // "yes"
 */
export function qualityTable<R extends QualityRecord>(
  rows: readonly R[],
  options: QualityTableOptions<NonNullable<R["label"]>> = {},
): Table<QualityTableRow> {
  const asked = askedRows(rows);
  const margin = options.margin ?? 0.02;
  const { groups, notes } = methodGroups(asked, options.baseline, QUALITY_SETTING);
  const firstToken = requireFirstToken(options.firstToken ?? "content");
  const showTtft = requireShowTtft(options.showTtft ?? false);
  const isCut = cutPrompts(asked);
  const counting = { isCut, firstToken, showTtft };
  const sets = [...group(asked, setOf).keys()];
  const parts = sets.flatMap((set) => groups.map((one) => compareMethods(one, set, counting, margin)));
  const compared = parts.flatMap((part) => part.compared);
  const timed = showTtft || asked.length === 0 || !asked.every(ranSideBySide);
  const other = timed && compared.some(({ times }) => times.reasoning > 0) ? OTHER_TOKEN[firstToken] : null;
  const unit = timeUnit(compared.map(({ ttft_mean_seconds }) => ttft_mean_seconds));
  return new Table<QualityTableRow>({
    columns: [
      { header: "dataset\nmetric", align: "left", isKey: true },
      { header: "method", align: "left", isKey: true, widest: 20 },
      { header: "n", align: "right" },
      { header: "score", align: "right" },
      { header: "Δ\n[95 % CI]", align: "right" },
      { header: `no worse\nby ${margin}?`, align: "left" },
      { header: "recovery\n[95 % CI]", align: "right" },
      ...(timed
        ? ([
            { header: "TTFT\nmean ± sd", unit, align: "right" },
            { header: "speed-up\n× [95 % CI]", align: "right" },
          ] as const)
        : []),
      ...(other === null
        ? []
        : ([
            { header: `by ${other}\nTTFT mean`, unit, align: "right" },
            { header: `by ${other}\nspeed-up ×`, align: "right" },
          ] as const)),
    ],
    lines: compared.map((one) => ({
      cells: [
        { text: `${one.dataset}\n${one.metric}`.replace("\n", " ") },
        { text: one.label },
        { text: formatCount(one.n) },
        one.score === null
          ? missing("no answer counted")
          : { text: one.score.toFixed(3), isBest: one.best.score },
        one.is_baseline ? { text: "baseline" } : scoreCell(one.estimates.difference),
        one.is_baseline ? { text: "" } : verdictCell(one),
        one.estimates.recovery === null ? { text: "" } : scoreCell(one.estimates.recovery),
        ...(timed ? timeCells(one, unit) : []),
        ...(other === null ? [] : otherCells(one, unit)),
      ],
      data: dataOf(one),
    })),
    alarms: parts.flatMap(({ alarms }) => alarms),
    notes: [
      ...(options.baseline === undefined &&
      groups.length > 0 &&
      groups.every(({ fullPrefill }) => fullPrefill === null)
        ? ["No method is full prefill and no baseline was named, so nothing is compared."]
        : []),
      `Δ: mean difference to the baseline on the same examples. No worse: the one-sided 95 % bound of Δ is above ` +
        `−${margin}, also if rare losses have not come up yet; where that is not shown, n examples like these would ` +
        "do. Recovery: the share of full KV reuse's loss that a blend wins back.",
      ...promptNotes(asked),
      ...lengthNotes(rows),
      ...notes,
      ...repetitionNote(groups, isCut),
      ...sideBySideNote(asked, showTtft),
      ...methodNotes(asked, firstToken),
    ],
    method:
      "n: answers counted in a cell; scores from 0 to 1. Brackets: 95 % intervals; of Δ and recovery by empirical " +
      `likelihood with the worst score as a possible one${timed ? `; ${SPEEDUP_METHOD} TTFT counts to ${TO_FIRST[firstToken]}` : ""}.`,
  });
}

interface Compared extends QualityTableRow {
  readonly times: QualityTimes;
  readonly best: { readonly score: boolean; readonly time: boolean };
  readonly reason: string | null;
  readonly estimates: {
    readonly difference: Estimate;
    readonly recovery: Estimate | null;
  };
}

const SPEEDUP_METHOD =
  "of the speed-up, the ratio of median TTFTs on the same examples, pair by pair, by bootstrap of 10,000 resamples, widened for small n.";

/** A dataset and a metric: only scores of one can be compared. */
const setOf = ({ dataset, metric }: QualityRecord): string => `${dataset}\n${metric}`;

/** One group's methods on one dataset by one metric, each against the group's baseline. */
function compareMethods<R extends QualityRecord>(
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
    const { dataset, metric, method } = rows[0]!;
    const baseRows = rowsOf(baseline.series);
    const base = scoresOf(baseRows, isCut);
    const source = random("quality table");
    const scores = scoresOf(rows, isCut);
    const cell = methodCell(rows, isCut, firstToken);
    const is_baseline = label === baseline.series?.name;
    const { pairs } = matchPairs(scores, base);
    const paired = is_baseline || pairs.length === 0 ? null : pairedDifference(pairs, { random: source });
    const tested = paired === null ? null : nonInferiority(pairs, { margin });
    const threes = [...scores].flatMap(([id, blend]) => {
      const [computed, reused] = [full.get(id), reuse.get(id)];
      return computed === undefined || reused === undefined ? [] : [{ full: computed, reuse: reused, blend }];
    });
    const recovered = method === "cacheblend" ? recoveryOf(threes, fullPrefill, fullReuse) : null;
    const none = { estimate: null, reason: whyNotCompared(baseline, baseRows) };
    const difference = paired?.mean ?? none;
    const times = qualityTimes(rows, is_baseline ? [] : baseRows, counting, none.reason, source);
    const { speedup } = times;
    return {
      dataset,
      metric,
      label,
      model: traits.get("model") ?? null,
      group: groupName,
      is_baseline,
      baseline: baseline.series?.name ?? null,
      n: scores.size,
      failed_n: cell.failed,
      contradicted_n: cell.evidence.contradicted,
      cut_n: cell.cut.length,
      score:
        scores.size === 0 ? null : [...scores.values()].reduce((sum, score) => sum + score, 0) / scores.size,
      pairs: paired?.n ?? null,
      difference: difference.estimate,
      difference_low: boundsOf(difference).low,
      difference_high: boundsOf(difference).high,
      p: paired?.p ?? null,
      non_inferior: tested === null ? null : verdictOf(tested.verdict, difference, margin),
      required_pairs: tested?.requiredPairs ?? null,
      recovery: recovered?.estimate ?? null,
      recovery_low: boundsOf(recovered).low,
      recovery_high: boundsOf(recovered).high,
      concurrency: max(rows, ({ concurrency }) => concurrency ?? 0) || null,
      first_token: firstToken,
      reasoning_n: times.reasoning,
      ttft_mean_seconds: times.mean,
      ttft_sd_seconds: times.sd,
      speedup: speedup.estimate,
      speedup_low: boundsOf(speedup).low,
      speedup_high: boundsOf(speedup).high,
      other_ttft_mean_seconds: times.otherMean,
      other_speedup: times.otherSpeedup.estimate,
      times,
      reason: tested?.reason ?? null,
      best: { score: bestScores[index]!, time: bestTimes[index]! },
      estimates: { difference, recovery: recovered },
    };
  });
  const alarms = twinsOf(present).flatMap(([first, again]) => {
    const source = random("quality table, twins");
    const { speedup } = qualityTimes(again.rows, first.rows, counting, "", source);
    const { pairs } = matchPairs(scoresOf(again.rows, isCut), scoresOf(first.rows, isCut));
    const difference = pairs.length === 0 ? undefined : pairedDifference(pairs, { random: source }).mean;
    return twinAlarm([first, again], `on ${set.replace("\n", " ")}`, {
      ratio: speedup,
      ...(difference && { difference }),
    });
  });
  return { compared, alarms };
}

function timeCells({ times, is_baseline, best }: Compared, unit: TimeUnit): Cell[] {
  const { mean, sd, reason, note, speedup } = times;
  return [
    mean === null
      ? missing(reason ?? "no request counted")
      : { ...spreadCell({ mean, sd }, unit), ...(note !== null && { note }) },
    is_baseline ? { text: "baseline" } : { ...estimateCell(speedup), isBest: best.time },
  ];
}

function otherCells({ times, is_baseline }: Compared, unit: TimeUnit): Cell[] {
  const { otherMean, otherSpeedup, reason } = times;
  return [
    otherMean === null ? missing(reason ?? "no request counted") : { text: formatSeconds(otherMean, unit) },
    is_baseline ? { text: "baseline" } : estimateCell(otherSpeedup),
  ];
}

const GAINS = "full KV reuse scores higher than full prefill here: there is no loss to win back";

/** What a blend wins back of what its own group's full KV reuse loses. */
function recoveryOf(
  threes: Parameters<typeof recovery>[0],
  fullPrefill: unknown,
  fullReuse: unknown,
): Estimate {
  if (threes.length > 0) {
    const share = recovery(threes);
    const loses = threes.reduce((sum, { full, reuse }) => sum + full - reuse, 0) > 0;
    // The share of a gain would read as that of a loss.
    return share.estimate === null || loses ? share : { estimate: null, reason: GAINS };
  }
  const lacking = fullPrefill === null ? "full prefill" : fullReuse === null ? "full KV reuse" : null;
  const reason =
    lacking === null
      ? "no example that full prefill and full KV reuse answered too"
      : `there is no ${lacking} beside it`;
  return { estimate: null, reason };
}

function whyNotCompared(
  baseline: Counterpart<{ readonly name: string }>,
  rows: readonly QualityRecord[],
): string {
  if (baseline.series === null) return baseline.reason;
  return rows.length === 0
    ? `${baseline.series.name} was not measured on this dataset by this metric`
    : "no example that the baseline answered too";
}

function repetitionNote<R extends QualityRecord>(groups: readonly MethodGroup<R>[], isCut: IsCut): string[] {
  const told = groups.flatMap(({ methods }) =>
    methods.flatMap(({ name, rows }) => {
      const count = [...group(rows, setOf).values()].reduce(
        (sum, set) => sum + repeatedExamples(set, isCut),
        0,
      );
      return count === 0 ? [] : [`${name} ${formatCount(count)}`];
    }),
  );
  return told.length === 0
    ? []
    : [`Examples answered more than once, whose mean score counts: ${told.join("; ")}.`];
}

/**
 * `yes`: shown to be no worse by the margin. `no`: shown to be worse by more. `not shown`: neither, with as many
 * examples. `undecided`: scores beyond 0 to 1 have no bound.
 */
export type Verdict = "yes" | "no" | "not shown" | "undecided";

function verdictOf(tested: NonInferiority["verdict"], difference: Estimate, margin: number): Verdict {
  if (tested === "non-inferior") return "yes";
  return "high" in difference && difference.high < -margin ? "no" : tested;
}

/** A score or a difference of scores: three decimals, with its interval. */
function scoreCell(estimate: Estimate): Cell {
  if (estimate.estimate === null) return missing("reason" in estimate ? estimate.reason : "not known");
  const text = estimate.estimate.toFixed(3);
  if (!("low" in estimate)) return { text, note: estimate.reason };
  return { text: `${text} [${estimate.low.toFixed(3)}, ${estimate.high.toFixed(3)}]` };
}

function verdictCell({ non_inferior, required_pairs, pairs, reason, estimates }: Compared): Cell {
  if (non_inferior === null) {
    return missing("reason" in estimates.difference ? estimates.difference.reason : "nothing to compare");
  }
  if (non_inferior === "yes" || non_inferior === "no") return { text: non_inferior };
  // With enough pairs for methods that are equal it is the difference itself that stands in the way.
  const isMore = required_pairs !== null && required_pairs > (pairs ?? 0);
  const needs = isMore ? ` (n ≥ ${formatCount(required_pairs)})` : "";
  return { text: `${non_inferior}${needs}`, ...(reason !== null && { note: reason }) };
}

function dataOf({
  times: _times,
  estimates: _estimates,
  reason: _reason,
  best: _best,
  ...data
}: Compared): QualityTableRow {
  return data;
}
