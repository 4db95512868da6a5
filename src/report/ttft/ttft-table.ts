import { group } from "d3-array";
import { type FirstToken, requireFirstToken } from "../../domain/records/first-token.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import { formatCount, formatMs } from "../../tables/format.js";
import { estimateCell } from "../../tables/number-cells.js";
import { Table } from "../../tables/table.js";
import { type Cell, type Column, missing } from "../../tables/table-parts.js";
import { contextText, estimateNote } from "../context-length.js";
import {
  type ExtraTimesOptions,
  extraColumns,
  extraData,
  extraTimes,
  notTheMedian,
  type TimedSide,
} from "../extra-times.js";
import { fasterSentence } from "../faster-sentence.js";
import { partialRunNote } from "../partial-run-note.js";
import { OTHER_TOKEN } from "../request-notes.js";
import { TERMS_NOTE } from "../terms-note.js";
import { ttftDefinitionNote } from "../ttft-definitions.js";
import { ttftBaselines } from "./against-baseline.js";
import type { StatedOrNot } from "./ttft-cell.js";
import { type TtftGroup, ttftGroups } from "./ttft-groups.js";
import { ttftMethod, ttftNotes, whyNoMedian } from "./ttft-notes.js";
import {
  type BestStates,
  bestOf,
  dataOf,
  type Measured,
  measure,
  medianOrNull,
  type TtftTableRow,
} from "./ttft-row.js";

/** Options of a TTFT table. */
export interface TtftTableOptions<L extends string = string> extends ExtraTimesOptions {
  /** The label that the others are compared with, cold with cold and warm with warm; default none. */
  readonly baseline?: L;
  /** Whether to count requests whose cache state the server's report contradicts; default false. */
  readonly includeContradicted?: boolean;
  /**
   * Which token counts as the first: content (the default), or any, including reasoning. If reasoning came before content,
   * the table also shows the times of the other kind.
   */
  readonly firstToken?: FirstToken;
}

/**
 * TTFT by label and context length: cold and warm medians, and how many times sooner the warm token comes.
 *
 * Speed-ups are ratios of medians with a 95 % bootstrap interval. Failed requests are counted separately and excluded, as are
 * requests whose cache state the server contradicts. The context is `context_target`, or `context_tokens` if a log does not
 * have it. A label that mixes models or servers has a row for each.
 *
 * @param rows of `ttft.run` or `ttft.read`.
 * @throws OptionError for a baseline that is not a label of the rows, an invalid percentile or time, or an unknown first
 * token.
 * @example ttft.table(rows, { baseline: "vLLM" }).rows[0].speedup // 9.8
 */
export function ttftTable<R extends TtftRecord>(
  rows: readonly R[],
  {
    baseline,
    includeContradicted = false,
    firstToken = "content",
    ...chosen
  }: TtftTableOptions<NonNullable<R["label"]>> = {},
): Table<TtftTableRow> {
  const extras = extraTimes(chosen);
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
  const sides = states.map(
    (state): TimedSide<Measured> => ({
      name: state,
      rowsOf: ({ cell }) => cell.counted[state],
      whyNone: ({ cell }) => whyNoMedian(cell, state),
    }),
  );
  // The medians of TTFT have columns already.
  const further = extraColumns(extras.filter(notTheMedian), sides, firstToken);
  return new Table<TtftTableRow>({
    columns: [...columnsOf(shown), ...further.map(({ column }) => column)],
    lines: measured.map((one, index) => ({
      cells: [...cellsOf(one, best[index]!, shown), ...further.map(({ cell }) => cell(one))],
      data: { ...dataOf(one, firstToken), ...extraData(one, extras, sides, firstToken) },
    })),
    verdict: verdictOf(measured),
    notes: [
      ...partialRunNote(rows),
      ...ttftDefinitionNote(rows),
      ...ttftNotes(
        groups.map(({ label, context, cell }) => ({ name: `${label} at ${formatCount(context)}`, cell })),
        counting,
        "Cold / warm",
      ),
      ...(baselines?.notes ?? []),
      ...estimateNote(rows),
      ...mixtureNote(groups),
      TERMS_NOTE.en,
    ],
    method: ttftMethod(firstToken),
  });
}

/** What the cache saves at the longest context of each series. */
function verdictOf(measured: readonly Measured[]): string[] {
  return [...group(measured, ({ series }) => series)].flatMap(([{ name }, own]) => {
    const longest = own
      .filter(({ speedup }) => speedup.estimate !== null)
      .reduce<Measured | null>(
        (most, one) => (most === null || one.context > most.context ? one : most),
        null,
      );
    if (longest === null) return [];
    const { context, speedup } = longest;
    return fasterSentence(`${name}, warm, at ${formatCount(context)} tokens`, "cold", speedup);
  });
}

/** Which columns a table has besides the standard ones. */
interface Shown {
  readonly states: readonly StatedOrNot[];
  readonly tellsPrefill: boolean;
  /** The name of the other kind of first token, if there is one. */
  readonly other: string | null;
  readonly baseline: string | undefined;
}

/** The two states that are compared. */
const PAIR = ["cold", "warm"] as const;

const STATE_WORDS: Readonly<Record<StatedOrNot, string>> = {
  cold: "cold",
  warm: "warm",
  flushed: "flushed",
  unstated: "not stated",
};

const medianColumn = (header: string): Column => ({
  header: `${header}\nmedian`,
  unit: "ms",
  align: "right",
});

function columnsOf({ states, tellsPrefill, other, baseline }: Shown): Column[] {
  const against = baseline === undefined ? [] : (["cold", "warm"] as const);
  return [
    { header: "label", align: "left", isKey: true, widest: 24 },
    { header: "context\n(tokens)", align: "right", isKey: true },
    ...states.map((state): Column => ({ header: `n\n${STATE_WORDS[state]}`, align: "right" })),
    ...states.map((state) => medianColumn(`${STATE_WORDS[state]}\nTTFT`)),
    ...(tellsPrefill ? PAIR.map((state) => medianColumn(`${state}\nprefill`)) : []),
    { header: "cold / warm\n× [95 % CI]", align: "right" },
    ...(other === null
      ? []
      : [
          ...PAIR.map((state) => medianColumn(`${state}\nby ${other}`)),
          { header: `by ${other}\ncold / warm\n× [95 % CI]`, align: "right" as const },
        ]),
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
): Cell[] {
  const comparisons = baseline === undefined ? [] : (["cold", "warm"] as const);
  const reason = (["cold", "warm"] as const)
    .map((state) => whyNoMedian(cell, state))
    .find((why) => why !== "");
  return [
    { text: label },
    { text: contextText(context, rows) },
    ...states.map((state): Cell => ({ text: formatCount(cell.seconds[state].length) })),
    ...states.map((state): Cell => {
      const value = medians[state];
      return value === null
        ? missing(whyNoMedian(cell, state))
        : { text: formatMs(value), isBest: best.has(state) };
    }),
    ...(tellsPrefill
      ? PAIR.map((state) =>
          medianCell(
            medianOrNull(cell.prefillSeconds[state]),
            "the server did not report the prefill time of these requests",
          ),
        )
      : []),
    estimateCell(speedup, reason),
    ...(other === null
      ? []
      : [
          ...PAIR.map((state) => medianCell(otherMedians[state], `no request with ${other}`)),
          estimateCell(otherSpeedup),
        ]),
    ...comparisons.map((state): Cell => {
      if (against === null)
        return base !== null && "reason" in base ? missing(base.reason) : { text: "baseline" };
      return estimateCell(against[state], whyNoMedian(cell, state));
    }),
  ];
}

const medianCell = (seconds: number | null, whyNone: string): Cell =>
  seconds === null ? missing(whyNone) : { text: formatMs(seconds) };

/** A median over requests with different prompts is the TTFT of none of them. */
function mixtureNote(groups: readonly TtftGroup[]): string[] {
  const mixed = groups.filter(({ rows }) => rows.some(({ prompt }) => prompt !== rows[0]!.prompt));
  if (mixed.length === 0) return [];
  const names = mixed.map(({ label, context }) => `${label} at ${formatCount(context)}`);
  return [`Different prompts are mixed in: ${names.join("; ")}.`];
}
