import { group } from "d3-array";
import { type FirstToken, requireFirstToken } from "../../domain/records/first-token.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import type { Estimate } from "../../stats/interval.js";
import { median } from "../../stats/quantile.js";
import { formatCount, formatMs } from "../../tables/format.js";
import { boundsOf, estimateCell } from "../../tables/number-cells.js";
import { Table } from "../../tables/table.js";
import { type Cell, missing } from "../../tables/table-parts.js";
import { contextText, estimateNote } from "../context-length.js";
import { partialRunNote } from "../partial-run-note.js";
import { TERMS_NOTE } from "../terms-note.js";
import { ttftDefinitionNote } from "../ttft-definitions.js";
import { type Baselines, speedupOver, ttftBaselines } from "./against-baseline.js";
import type { StatedOrNot } from "./ttft-cell.js";
import { type TtftGroup, ttftGroups } from "./ttft-groups.js";
import { ttftMethod, ttftNotes, whyNoMedian } from "./ttft-notes.js";

/** Options of a comparison. */
export interface TtftComparisonOptions<L extends string = string> {
  /** The label that the others are compared with. */
  readonly baseline: L;
  /** Whether to count requests whose cache state the server's report contradicts; default false. */
  readonly includeContradicted?: boolean;
  /** Which token counts as the first: content (the default), or any, including reasoning. */
  readonly firstToken?: FirstToken;
}

/** `faster` or `slower`: the 95 % interval of the speed-up lies wholly above or below 1. */
export type Difference = "faster" | "slower" | "not significant";

/** One row of a comparison: one label in one state at one context. Times in seconds; null where there is none. */
export interface TtftComparisonRow {
  /** Followed by what distinguishes it, if one label has several models or servers. */
  readonly label: string;
  readonly model: string | null;
  readonly baseline: string;
  readonly context_tokens: number;
  readonly cache_state: StatedOrNot;
  readonly n: number;
  readonly baseline_n: number;
  readonly median_seconds: number | null;
  readonly baseline_median_seconds: number | null;
  /** The baseline's median over this one's, with its 95 % interval. */
  readonly speedup: number | null;
  readonly speedup_low: number | null;
  readonly speedup_high: number | null;
  /** Null if there is no interval. */
  readonly difference: Difference | null;
}

const STATES: readonly StatedOrNot[] = ["cold", "warm", "flushed", "unstated"];

/**
 * Compares every label with the baseline, cold with cold and warm with warm, at each context that both have: the speed-ups of
 * `ttft.table` in rows of their own, and whether the data show a difference.
 *
 * Rows count as in `ttft.table`. A 95 % interval is wrong once in twenty rows, so among many rows some will differ by chance.
 *
 * @param rows of `ttft.run` or `ttft.read`.
 * @throws OptionError for a baseline that is not a label of the rows, or an unknown first token.
 * @example ttft.compare(rows, { baseline: "vLLM" }).rows[0].difference // "faster"
 */
export function compareTtft<R extends TtftRecord>(
  rows: readonly R[],
  {
    baseline,
    includeContradicted = false,
    firstToken = "content",
  }: TtftComparisonOptions<NonNullable<R["label"]>>,
): Table<TtftComparisonRow> {
  const counting = { includeContradicted, firstToken: requireFirstToken(firstToken) };
  const groups = ttftGroups(rows, counting);
  const baselines = ttftBaselines(groups, baseline);
  const lines = groups.flatMap((one) => {
    const { base } = baselines.of(one);
    if (base === null || base === "itself") return [];
    return STATES.filter((state) => one.cell.requests[state] > 0).map((state) => {
      const speedup = speedupOver(base, one, state);
      const bounds = boundsOf(speedup);
      const medianOf = (seconds: readonly number[]) => (seconds.length === 0 ? null : median(seconds));
      const data: TtftComparisonRow = {
        label: one.label,
        model: one.series.traits.get("model") ?? null,
        baseline: base.label,
        context_tokens: one.context,
        cache_state: state,
        n: one.cell.seconds[state].length,
        baseline_n: base.cell.seconds[state].length,
        median_seconds: medianOf(one.cell.seconds[state]),
        baseline_median_seconds: medianOf(base.cell.seconds[state]),
        speedup: speedup.estimate,
        speedup_low: bounds.low,
        speedup_high: bounds.high,
        difference: differenceOf(speedup),
      };
      const baseLacks = whyNoMedian(base.cell, state);
      const why = whyNoMedian(one.cell, state) || (baseLacks && `${base.label}: ${baseLacks}`);
      return { data, speedup, why, context: contextText(one.context, [...one.rows, ...base.rows]) };
    });
  });
  const time = (seconds: number | null, why: string): Cell =>
    seconds === null ? missing(why) : { text: formatMs(seconds) };
  return new Table<TtftComparisonRow>({
    columns: [
      { header: "label", align: "left", isKey: true, widest: 24 },
      { header: "context\n(tokens)", align: "right", isKey: true },
      { header: "state", align: "left", isKey: true },
      { header: "n", align: "right" },
      { header: `n\n${baseline}`, align: "right", widest: 24 },
      { header: "TTFT\nmedian", unit: "ms", align: "right" },
      { header: `TTFT\n${baseline}\nmedian`, unit: "ms", align: "right", widest: 24 },
      { header: "speed-up\n× [95 % CI]", align: "right" },
      { header: "difference", align: "left" },
    ],
    lines: lines.map(({ data, speedup, why, context }) => ({
      data,
      cells: [
        { text: data.label },
        { text: context },
        { text: data.cache_state },
        { text: formatCount(data.n) },
        { text: formatCount(data.baseline_n) },
        time(data.median_seconds, why),
        time(data.baseline_median_seconds, why),
        estimateCell(speedup, speedup.estimate === null ? why : undefined),
        { text: data.difference ?? "" },
      ],
    })),
    notes: [
      ...partialRunNote(rows),
      ...ttftDefinitionNote(rows),
      ...uncompared(groups, baselines),
      ...baselines.notes,
      ...ttftNotes(
        groups.map(({ label, context, cell }) => ({ name: `${label} at ${formatCount(context)}`, cell })),
        counting,
        null,
      ),
      ...estimateNote(rows),
      TERMS_NOTE.en,
    ],
    method: ttftMethod(firstToken),
  });
}

function differenceOf(speedup: Estimate): Difference | null {
  if (!("low" in speedup)) return null;
  return speedup.low > 1 ? "faster" : speedup.high < 1 ? "slower" : "not significant";
}

/** How a comparison's notes begin that name what it leaves out. */
export const NOT_COMPARED = "Not compared";

function uncompared(groups: readonly TtftGroup[], baselines: Baselines): string[] {
  const left = groups.flatMap((one) => {
    const against = baselines.of(one);
    if (against.base !== null) return [];
    return [
      {
        name: `${one.label} at ${formatCount(one.context)}`,
        reason: against.lacks === "context" ? "the baseline was not measured there" : against.reason,
      },
    ];
  });
  return [...group(left, ({ reason }) => reason)].map(
    ([reason, names]) => `${NOT_COMPARED} because ${reason}: ${names.map(({ name }) => name).join("; ")}.`,
  );
}
