import { group } from "d3-array";
import { cutPrompts, type IsCut } from "../../domain/records/cut-prompt.js";
import { datasetName } from "../../domain/records/dataset-name.js";
import { type FirstToken, requireFirstToken } from "../../domain/records/first-token.js";
import type { QualityRecord } from "../../domain/records/record-kinds.js";
import type { Estimate } from "../../stats/interval.js";
import { formatCount, formatFixed, formatMs, formatPercent } from "../../tables/format.js";
import { estimateCell, spreadCell } from "../../tables/number-cells.js";
import { Table } from "../../tables/table.js";
import { type Cell, missing } from "../../tables/table-parts.js";
import {
  type ExtraTimesOptions,
  extraColumns,
  extraData,
  extraTimes,
  type TimedSide,
} from "../extra-times.js";
import { partialRunNote } from "../partial-run-note.js";
import { OTHER_TOKEN, TO_FIRST } from "../request-notes.js";
import { TERMS_NOTE } from "../terms-note.js";
import { ttftDefinitionNote } from "../ttft-definitions.js";
import { askedRows } from "./asked-rows.js";
import { methodNotes } from "./method-cell.js";
import { type MethodGroup, methodGroups } from "./method-groups.js";
import { type Compared, compareMethods, type QualityTableRow, setOf } from "./quality-comparison.js";
import { lengthNotes, promptNotes, sampleNotes } from "./quality-prompt-notes.js";
import { QUALITY_SETTING, repeatedExamples } from "./quality-scores.js";
import { ranSideBySide, requireShowTtft, sideBySideNote } from "./side-by-side.js";

/** Options of a quality table. */
export interface QualityTableOptions<L extends string = string> extends ExtraTimesOptions {
  /** The label that scores and times are compared with; default full prefill with the same model and server. */
  readonly baseline?: L;
  /** How much worse still counts as no worse; as a difference of scores from 0 to 1; default 0.02, the paper's own tolerance. */
  readonly margin?: number;
  /** Which token counts as the first: content (the default), or any, including reasoning. */
  readonly firstToken?: FirstToken;
  /**
   * Whether to show TTFT also for examples that ran at the same time and waited for each other, marked as such; default
   * false.
   */
  readonly showTtft?: boolean;
}

/**
 * Scores by dataset and method, against the baseline on the same examples: mean difference with its interval, whether
 * non-inferiority at the margin is shown, the share of reuse's loss that was recovered, TTFT and speed-up. Each model, server
 * and wording has a baseline and a full KV reuse of its own.
 *
 * Failed requests have no score and are excluded, as are those that the server's report contradicts; notes say how many.
 *
 * @param rows of `quality.run` or `quality.read`.
 * @throws OptionError for a baseline that is not a label of the rows, a margin that is not above 0, an invalid percentile or
 * time, or an unknown first token.
 * @example quality.table(rows, { baseline: "Full prefill", margin: 0.02 }).rows[1].non_inferior // "yes"
 */
export function qualityTable<R extends QualityRecord>(
  rows: readonly R[],
  options: QualityTableOptions<NonNullable<R["label"]>> = {},
): Table<QualityTableRow> {
  const { asked, margin, groups, notes, counting, parts } = qualityComparisons(rows, options);
  const { isCut, firstToken, showTtft } = counting;
  const compared = parts.flatMap((part) => part.compared);
  const timed = showTtft || asked.length === 0 || !asked.every(ranSideBySide);
  const other = timed && compared.some(({ times }) => times.reasoning > 0) ? OTHER_TOKEN[firstToken] : null;
  const extras = timed ? extraTimes(options) : [];
  const further = extraColumns(extras, SIDES, firstToken);
  const tagged = compared.some(({ parse_rate }) => parse_rate !== null);
  return new Table<QualityTableRow>({
    columns: [
      { header: "dataset,\nmetric", align: "left", isKey: true },
      { header: "method", align: "left", isKey: true, widest: 20 },
      { header: "n", align: "right" },
      { header: "score\nmean", align: "right" },
      ...(tagged ? ([{ header: "in tag\n%", align: "right" }] as const) : []),
      { header: "Δ, mean\n[95 % CI]", align: "right" },
      { header: `no worse\nby ${margin}?`, align: "left" },
      { header: "retained\n[95 % CI]", unit: "%", align: "right" },
      { header: "recovery\n[95 % CI]", align: "right" },
      ...(timed
        ? ([
            { header: "TTFT\nmean ± sd", unit: "ms", align: "right" },
            { header: "TTFT\nmedian", unit: "ms", align: "right" },
            { header: "speed-up\n× [95 % CI]", align: "right" },
          ] as const)
        : []),
      ...(other === null
        ? []
        : ([
            { header: `by ${other}\nTTFT median`, unit: "ms", align: "right" },
            { header: `by ${other}\nspeed-up ×`, align: "right" },
          ] as const)),
      ...further.map(({ column }) => column),
    ],
    lines: compared.map((one) => ({
      cells: [
        { text: `${datasetName(one)}, ${one.metric}` },
        { text: one.label },
        { text: formatCount(one.n) },
        one.score === null
          ? missing("no answer counted")
          : { text: formatFixed(one.score, 3), isBest: one.best.score },
        ...(tagged ? [tagCell(one)] : []),
        one.is_baseline ? { text: "baseline" } : scoreCell(one.estimates.difference),
        one.is_baseline ? { text: "" } : verdictCell(one),
        one.estimates.retained === null ? { text: "" } : percentCell(one.estimates.retained),
        one.estimates.recovery === null ? { text: "" } : scoreCell(one.estimates.recovery),
        ...(timed ? timeCells(one) : []),
        ...(other === null ? [] : otherCells(one)),
        ...further.map(({ cell }) => cell(one)),
      ],
      data: { ...dataOf(one), ...extraData(one, extras, SIDES, firstToken) },
    })),
    alarms: parts.flatMap(({ alarms }) => alarms),
    verdict: verdictOf(compared, margin),
    notes: [
      ...partialRunNote(rows),
      ...(timed ? ttftDefinitionNote(asked) : []),
      ...(options.baseline === undefined &&
      groups.length > 0 &&
      groups.every(({ fullPrefill }) => fullPrefill === null)
        ? ["No method is full prefill and no baseline was named, so nothing is compared."]
        : []),
      `Δ: mean difference to the baseline on the same examples. No worse: the one-sided 95 % bound of Δ is above ` +
        `−${margin}, even allowing for rare losses not seen yet; where that is not shown, n examples like these would be ` +
        "enough. Retained: the mean score in % of full prefill's, on the same examples. Recovery: the share of full KV reuse's loss that a blend recovers.",
      ...(tagged
        ? ["In tag: answers with the tag they were asked for; an answer without it is scored as empty."]
        : []),
      ...sampleNotes(asked),
      ...promptNotes(asked),
      ...lengthNotes(rows),
      ...notes,
      ...repetitionNote(groups, isCut),
      ...sideBySideNote(asked, showTtft),
      ...methodNotes(asked, firstToken),
      TERMS_NOTE.en,
    ],
    method:
      "n: answers counted in a cell; scores from 0 to 1. Brackets: 95 % intervals; of Δ, retained and recovery by empirical " +
      `likelihood that allows for the worst possible score${timed ? `; ${SPEEDUP_METHOD} TTFT counts to ${TO_FIRST[firstToken]}` : ""}.`,
  });
}

const VERDICTS = [
  ["yes", "no worse"],
  ["no", "worse"],
  ["not shown", "not shown to be no worse"],
  ["undecided", "undecided"],
] as const;

/** Which methods are no worse than their baseline, a sentence for each dataset and baseline. */
function verdictOf(compared: readonly Compared[], margin: number): string[] {
  const judged = compared.filter(({ non_inferior, baseline }) => non_inferior !== null && baseline !== null);
  return [
    ...group(judged, (one) => JSON.stringify([datasetName(one), one.metric, one.group, one.baseline])),
  ].map(([, own]) => {
    const { baseline, metric } = own[0]!;
    const parts = VERDICTS.flatMap(([verdict, words]) => {
      const labels = own.filter(({ non_inferior }) => non_inferior === verdict).map(({ label }) => label);
      return labels.length === 0 ? [] : [`${words}: ${labels.join(", ")}`];
    });
    return `${datasetName(own[0]!)}, ${metric}, against ${baseline} with a margin of ${margin}: ${parts.join("; ")}.`;
  });
}

/** Every dataset's methods against their baselines: what a table's rows are made of. */
export function qualityComparisons<R extends QualityRecord>(
  rows: readonly R[],
  options: QualityTableOptions,
) {
  const asked = askedRows(rows);
  const margin = options.margin ?? 0.02;
  const { groups, notes } = methodGroups(asked, options.baseline, QUALITY_SETTING);
  const firstToken = requireFirstToken(options.firstToken ?? "content");
  const showTtft = requireShowTtft(options.showTtft ?? false);
  const counting = { isCut: cutPrompts(asked), firstToken, showTtft };
  const sets = [...group(asked, setOf).keys()];
  const parts = sets.flatMap((set) => groups.map((one) => compareMethods(one, set, counting, margin)));
  return { asked, margin, groups, notes, counting, parts };
}

const SIDES: readonly TimedSide<Compared>[] = [
  {
    name: "",
    rowsOf: ({ times }) => times.counted,
    whyNone: ({ times }) => times.reason ?? "no request counted",
  },
];

const SPEEDUP_METHOD =
  "of the speed-up, the ratio of median TTFTs on the same examples, by a percentile bootstrap of 10,000 resamples of the pairs, widened for small n.";

function timeCells({ times, is_baseline, best }: Compared): Cell[] {
  const { mean, sd, median, reason, note, speedup } = times;
  const marked = note === null ? {} : { note };
  return [
    mean === null ? missing(reason ?? "no request counted") : { ...spreadCell({ mean, sd }), ...marked },
    median === null
      ? missing(reason ?? "no request counted")
      : { text: formatMs(median), ...marked, isBest: best.time },
    is_baseline ? { text: "baseline" } : { ...estimateCell(speedup), isBest: best.time },
  ];
}

function otherCells({ times, is_baseline }: Compared): Cell[] {
  const { otherMedian, otherSpeedup, reason } = times;
  return [
    otherMedian === null ? missing(reason ?? "no request counted") : { text: formatMs(otherMedian) },
    is_baseline ? { text: "baseline" } : estimateCell(otherSpeedup),
  ];
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
    : [`Examples answered more than once count with their mean score: ${told.join("; ")}.`];
}

/** A score or a difference of scores: three decimals, with its interval. */
function scoreCell(estimate: Estimate): Cell {
  if (estimate.estimate === null) return missing("reason" in estimate ? estimate.reason : "not known");
  const text = formatFixed(estimate.estimate, 3);
  if (!("low" in estimate)) return { text, note: estimate.reason };
  return { text: `${text} [${formatFixed(estimate.low, 3)}, ${formatFixed(estimate.high, 3)}]` };
}

/** How many answers had their tag. */
const tagCell = ({ parse_rate }: Compared): Cell =>
  parse_rate === null ? missing("no tag was asked for") : { text: formatPercent(parse_rate) };

/** A share in percent, with its interval. */
function percentCell(estimate: Estimate): Cell {
  if (estimate.estimate === null) return missing("reason" in estimate ? estimate.reason : "not known");
  const text = formatPercent(estimate.estimate);
  if (!("low" in estimate)) return { text, note: estimate.reason };
  return { text: `${text} [${formatPercent(estimate.low)}, ${formatPercent(estimate.high)}]` };
}

function verdictCell({ non_inferior, required_pairs, pairs, reason, estimates }: Compared): Cell {
  if (non_inferior === null) {
    return missing("reason" in estimates.difference ? estimates.difference.reason : "nothing to compare");
  }
  if (non_inferior === "yes" || non_inferior === "no") return { text: non_inferior };
  // If there are enough pairs for equal methods, the difference itself is the obstacle.
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
