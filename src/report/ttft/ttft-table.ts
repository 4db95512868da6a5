import { group as groupBy } from "d3-array";
import { type FirstToken, requireFirstToken } from "../../domain/records/first-token.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import { mixesModels } from "../../domain/records/series.js";
import type { Estimate } from "../../stats/interval.js";
import { median } from "../../stats/quantile.js";
import { random } from "../../stats/random.js";
import { formatCount, formatSeconds, type TimeUnit, timeUnit } from "../../tables/format.js";
import { type Bounds, boundsOf, estimateCell } from "../../tables/number-cells.js";
import { Table } from "../../tables/table.js";
import { type Cell, type Column, missing } from "../../tables/table-parts.js";
import { soonest } from "../best.js";
import { contextText, estimateNote, isEstimated, unlikeLengths } from "../context-length.js";
import { OTHER_TOKEN } from "../request-notes.js";
import { type Against, speedupOver, ttftBaselines } from "./against-baseline.js";
import { coldOverWarm, isPaired } from "./cold-over-warm.js";
import type { StatedOrNot, TtftCell } from "./ttft-cell.js";
import { type TtftGroup, ttftGroups } from "./ttft-groups.js";
import { ttftMethod, ttftNotes, whyNoMedian } from "./ttft-notes.js";

/** How a TTFT table is made. */
export interface TtftTableOptions<L extends string = string> {
  /** The label the others are compared with, cold with cold and warm with warm; default none. */
  readonly baseline?: L;
  /** Count requests whose cache state the server's report contradicts; default false. */
  readonly includeContradicted?: boolean;
  /**
   * Which token is the first: that of the content (the default), or any, reasoning too. Where reasoning came before content
   * the table has the other times beside them.
   */
  readonly firstToken?: FirstToken;
}

/** One row of a TTFT table's data: one label at one context length. Times in seconds; null where there is none. */
export interface TtftTableRow {
  /** With what tells it apart, where one label holds several models or servers. */
  readonly label: string;
  readonly model: string | null;
  readonly context_tokens: number;
  /** An estimate counted it, not the model's tokenizer. */
  readonly context_is_estimate: boolean;
  readonly cold_n: number;
  readonly warm_n: number;
  readonly flushed_n: number;
  readonly unstated_n: number;
  readonly failed_n: number;
  /** Left out, for the server cut their prompts. */
  readonly cut_n: number;
  /** The token that the times count to. */
  readonly first_token: FirstToken;
  /** Requests in which reasoning came before the content. */
  readonly reasoning_n: number;
  readonly cold_median_seconds: number | null;
  readonly warm_median_seconds: number | null;
  readonly flushed_median_seconds: number | null;
  readonly unstated_median_seconds: number | null;
  /** The server's own prefill time, where it tells it; part of TTFT. */
  readonly cold_prefill_median_seconds: number | null;
  readonly warm_prefill_median_seconds: number | null;
  /** Trials whose cold and warm request are taken as a pair in `speedup`; null where it is of two samples. */
  readonly pairs: number | null;
  /** Cold over warm, with its 95 % interval. */
  readonly speedup: number | null;
  readonly speedup_low: number | null;
  readonly speedup_high: number | null;
  /** The same by the other first token: any, where `first_token` is content. */
  readonly other_cold_median_seconds: number | null;
  readonly other_warm_median_seconds: number | null;
  readonly other_speedup: number | null;
  readonly other_speedup_low: number | null;
  readonly other_speedup_high: number | null;
  /** The baseline's cold median over this one's. */
  readonly cold_speedup: number | null;
  readonly cold_speedup_low: number | null;
  readonly cold_speedup_high: number | null;
  /** The baseline's warm median over this one's. */
  readonly warm_speedup: number | null;
  readonly warm_speedup_low: number | null;
  readonly warm_speedup_high: number | null;
}

/**
 * TTFT by label and context length: cold and warm medians, and how many times sooner the warm one comes.
 *
 * Speed-ups are ratios of medians with a 95 % bootstrap interval. Failed requests are counted apart and
 * are excluded, as are requests whose cache state the server contradicts. The context is `context_target`, or
 * `context_tokens` where a log does not have it. A label that mixes models or servers has a row for each.
 *
 * @param rows of `ttft.run` or `ttft.read`.
 * @throws OptionError for a baseline that is no label of the rows, or another first token.
 * @example ttft.table(rows, { baseline: "vLLM" }).rows[0].speedup // 9.8
 */
export function ttftTable<R extends TtftRecord>(
  rows: readonly R[],
  {
    baseline,
    includeContradicted = false,
    firstToken = "content",
  }: TtftTableOptions<NonNullable<R["label"]>> = {},
): Table<TtftTableRow> {
  const counting = { includeContradicted, firstToken: requireFirstToken(firstToken) };
  const groups = ttftGroups(rows, counting);
  const baselines = baseline === undefined ? null : ttftBaselines(groups, baseline);
  const states = (["cold", "warm", "flushed", "unstated"] as const).filter(
    (state) => state === "cold" || state === "warm" || groups.some(({ cell }) => cell.requests[state] > 0),
  );
  const best = bestOf(groups);
  const measured = groups.map((group) => measure(group, baselines?.of(group) ?? null));
  const tellsPrefill = groups.some(({ cell }) =>
    Object.values(cell.prefillSeconds).some((values) => values.length > 0),
  );
  const other = groups.some(({ cell }) => cell.reasoning > 0) ? OTHER_TOKEN[firstToken] : null;
  const shown: Shown = { states, tellsPrefill, other, baseline };
  const unit = timeUnit(measured.flatMap(({ medians }) => states.map((state) => medians[state])));
  return new Table<TtftTableRow>({
    columns: columnsOf(shown, unit),
    lines: measured.map((one, index) => ({
      cells: cellsOf(one, best[index]!, shown, unit),
      data: dataOf(one, firstToken),
    })),
    notes: [
      ...ttftNotes(
        groups.map(({ label, context, cell }) => ({ name: `${label} at ${formatCount(context)}`, cell })),
        counting,
        "Cold / warm",
      ),
      ...(baselines?.notes ?? []),
      ...estimateNote(rows),
      ...mixtureNote(groups),
    ],
    method: ttftMethod(unit, firstToken),
  });
}

/** The states in which a label's median is printed bold. */
type BestStates = ReadonlySet<StatedOrNot>;

/** The labels that answered soonest at each context, cold among cold and warm among warm, each model where labels mix them. */
function bestOf(groups: readonly TtftGroup[]): BestStates[] {
  const states = groups.map(() => new Set<StatedOrNot>());
  const byModel = mixesModels(groups.map(({ series }) => series));
  const keyOf = ({ context, series }: TtftGroup) =>
    byModel ? `${context} ${series.traits.get("model")}` : String(context);
  for (const members of groupBy([...groups.keys()], (index) => keyOf(groups[index]!)).values()) {
    for (const state of ["cold", "warm"] as const) {
      // Nothing is the best of contexts of different lengths.
      const first = groups[members[0]!]!;
      if (members.some((index) => unlikeLengths(groups[index]!.rows, first.rows) !== null)) continue;
      const seconds = members.map((index) => groups[index]!.cell.seconds[state]);
      const source = random("ttft table, bold").fork(state);
      soonest(seconds, source).forEach((isBest, place) => {
        if (isBest) states[members[place]!]!.add(state);
      });
    }
  }
  return states;
}

interface Measured extends TtftGroup {
  readonly medians: Readonly<Record<StatedOrNot, number | null>>;
  readonly speedup: Estimate;
  /** By the other kind of first token. */
  readonly otherMedians: { readonly cold: number | null; readonly warm: number | null };
  readonly otherSpeedup: Estimate;
  readonly base: Against | null;
  /** Against the baseline; null for the baseline itself and where there is none. */
  readonly against: { readonly cold: Estimate; readonly warm: Estimate } | null;
}

function measure(one: TtftGroup, against: Against | null): Measured {
  const { seconds } = one.cell;
  const medianOf = (state: StatedOrNot) => medianOrNull(seconds[state]);
  const base = against === null || against.base === "itself" ? null : against.base;
  const source = random("ttft table").fork(String(one.context));
  return {
    ...one,
    medians: {
      cold: medianOf("cold"),
      warm: medianOf("warm"),
      flushed: medianOf("flushed"),
      unstated: medianOf("unstated"),
    },
    speedup: coldOverWarm(one.cell, source),
    otherMedians: {
      cold: medianOrNull(one.cell.other.seconds.cold),
      warm: medianOrNull(one.cell.other.seconds.warm),
    },
    otherSpeedup: coldOverWarm(one.cell.other, source.fork("other first token")),
    base: against,
    against:
      base === null ? null : { cold: speedupOver(base, one, "cold"), warm: speedupOver(base, one, "warm") },
  };
}

/** Which columns a table has beside those that every one has. */
interface Shown {
  readonly states: readonly StatedOrNot[];
  readonly tellsPrefill: boolean;
  /** What the other kind of first token is called, where it is another. */
  readonly other: string | null;
  readonly baseline: string | undefined;
}

function columnsOf({ states, tellsPrefill, other, baseline }: Shown, unit: TimeUnit): Column[] {
  const against = baseline === undefined ? [] : (["cold", "warm"] as const);
  return [
    { header: "label", align: "left", isKey: true, widest: 24 },
    { header: "context\n(tokens)", align: "right", isKey: true },
    { header: `n\n${states.map((state) => (state === "unstated" ? "?" : state)).join("+")}`, align: "right" },
    ...states.map((state): Column => ({ header: `${state}\nTTFT`, unit, align: "right" })),
    ...(tellsPrefill
      ? [{ header: "prefill by the\nserver\ncold | warm", unit, align: "right" as const }]
      : []),
    { header: "cold / warm\n× [95 % CI]", align: "right" },
    ...(other === null
      ? []
      : ([
          { header: `by ${other}\ncold | warm`, unit, align: "right" },
          { header: `by ${other}\ncold / warm\n× [95 % CI]`, align: "right" },
        ] as const)),
    ...against.map(
      (state): Column => ({
        header: `${state}, against\n${baseline}\n× [95 % CI]`,
        align: "right",
        widest: 24,
      }),
    ),
  ];
}

function cellsOf(
  { label, context, rows, cell, medians, speedup, otherMedians, otherSpeedup, base, against }: Measured,
  best: BestStates,
  { states, tellsPrefill, other, baseline }: Shown,
  unit: TimeUnit,
): Cell[] {
  const comparisons = baseline === undefined ? [] : (["cold", "warm"] as const);
  const reason = (["cold", "warm"] as const)
    .map((state) => whyNoMedian(cell, state))
    .find((why) => why !== "");
  return [
    { text: label },
    { text: contextText(context, rows) },
    { text: states.map((state) => cell.seconds[state].length).join("+") },
    ...states.map((state): Cell => {
      const value = medians[state];
      return value === null
        ? missing(whyNoMedian(cell, state))
        : { text: formatSeconds(value, unit), isBest: best.has(state) };
    }),
    ...(tellsPrefill ? [prefillCell(cell, unit)] : []),
    estimateCell(speedup, reason),
    ...(other === null
      ? []
      : [bothCell(otherMedians, unit, `no request with ${other}`), estimateCell(otherSpeedup)]),
    ...comparisons.map((state): Cell => {
      if (against === null)
        return base !== null && "reason" in base ? missing(base.reason) : { text: "baseline" };
      return estimateCell(against[state], whyNoMedian(cell, state));
    }),
  ];
}

function prefillCell({ prefillSeconds }: TtftCell, unit: TimeUnit): Cell {
  const medians = { cold: medianOrNull(prefillSeconds.cold), warm: medianOrNull(prefillSeconds.warm) };
  return bothCell(medians, unit, "the server does not tell its prefill time");
}

function bothCell({ cold, warm }: Measured["otherMedians"], unit: TimeUnit, whyNone: string): Cell {
  if (cold === null && warm === null) return missing(whyNone);
  return {
    text: [cold, warm].map((value) => (value === null ? "—" : formatSeconds(value, unit))).join(" | "),
  };
}

const medianOrNull = (values: readonly number[]): number | null =>
  values.length === 0 ? null : median(values);

function dataOf(
  { label, series, context, rows, cell, medians, speedup, otherMedians, otherSpeedup, against }: Measured,
  first_token: FirstToken,
): TtftTableRow {
  const { seconds, outcomes } = cell;
  const [total, cold, warm] = [speedup, against?.cold, against?.warm].map((estimate) =>
    boundsOf(estimate ?? null),
  ) as [Bounds, Bounds, Bounds];
  return {
    label,
    model: series.traits.get("model") ?? null,
    context_tokens: context,
    context_is_estimate: isEstimated(rows),
    cold_n: seconds.cold.length,
    warm_n: seconds.warm.length,
    flushed_n: seconds.flushed.length,
    unstated_n: seconds.unstated.length,
    failed_n: outcomes.error + outcomes.incomplete + outcomes.timeout,
    cut_n: cell.cut.length,
    first_token,
    reasoning_n: cell.reasoning,
    cold_median_seconds: medians.cold,
    warm_median_seconds: medians.warm,
    flushed_median_seconds: medians.flushed,
    unstated_median_seconds: medians.unstated,
    cold_prefill_median_seconds: medianOrNull(cell.prefillSeconds.cold),
    warm_prefill_median_seconds: medianOrNull(cell.prefillSeconds.warm),
    pairs: isPaired(cell) ? cell.pairs.length : null,
    speedup: speedup.estimate,
    speedup_low: total.low,
    speedup_high: total.high,
    other_cold_median_seconds: otherMedians.cold,
    other_warm_median_seconds: otherMedians.warm,
    other_speedup: otherSpeedup.estimate,
    other_speedup_low: boundsOf(otherSpeedup).low,
    other_speedup_high: boundsOf(otherSpeedup).high,
    cold_speedup: against?.cold.estimate ?? null,
    cold_speedup_low: cold.low,
    cold_speedup_high: cold.high,
    warm_speedup: against?.warm.estimate ?? null,
    warm_speedup_low: warm.low,
    warm_speedup_high: warm.high,
  };
}

/** Requests of different prompts in one median are no one's TTFT. */
function mixtureNote(groups: readonly TtftGroup[]): string[] {
  const mixed = groups.filter(({ rows }) => rows.some(({ prompt }) => prompt !== rows[0]!.prompt));
  if (mixed.length === 0) return [];
  const names = mixed.map(({ label, context }) => `${label} at ${formatCount(context)}`);
  return [`More than one prompt is mixed in: ${names.join("; ")}.`];
}
