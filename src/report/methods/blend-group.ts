import type { IsCut } from "../../domain/records/cut-prompt.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import type { BlendRecord } from "../../domain/records/record-kinds.js";
import type { Estimate } from "../../stats/interval.js";
import { median } from "../../stats/quantile.js";
import { random } from "../../stats/random.js";
import { ratioOfMedians } from "../../stats/ratio-of-medians.js";
import { formatCount } from "../../tables/format.js";
import { soonest } from "../best.js";
import { inputLengthOf, unlikeLengths } from "../context-length.js";
import { type MethodCell, methodCell } from "./method-cell.js";
import type { MethodGroup, MethodSeries } from "./method-groups.js";
import { twinAlarm, twinsOf } from "./twin-alarm.js";

/** One method of a group at one input length, against the group's baseline. */
export interface MeasuredMethod {
  readonly input_tokens: number;
  readonly group: string;
  readonly method: MethodSeries<BlendRecord>;
  readonly cell: MethodCell;
  /** Its rows, without those with cut prompts. */
  readonly cellRows: readonly BlendRecord[];
  /** The label it is compared with; null if there is none. */
  readonly baseline: string | null;
  readonly speedup: Estimate;
  /** The same by the other kind of first token. */
  readonly otherSpeedup: Estimate;
  readonly breakEven: BreakEven;
  readonly isBest: boolean;
}

/** How the requests of a cell are counted. */
export interface BlendCounting {
  readonly isCut: IsCut;
  readonly firstToken: FirstToken;
}

/** One group's methods at one input length, and the alarms of those that were measured twice. */
export function measureGroup(
  { name: group, methods, fullPrefill }: MethodGroup<BlendRecord>,
  input_tokens: number,
  { isCut, firstToken }: BlendCounting,
): { readonly measured: readonly MeasuredMethod[]; readonly alarms: readonly string[] } {
  const rowsAt = ({ rows }: { readonly rows: readonly BlendRecord[] }) =>
    rows.filter((row) => inputLengthOf(row) === input_tokens);
  const cellOf = (series: { readonly rows: readonly BlendRecord[] }) =>
    methodCell(rowsAt(series), isCut, firstToken);
  const present = methods.filter((method) => rowsAt(method).length > 0);
  const cells = new Map(present.map((method) => [method, cellOf(method)]));
  const ofOneLength = present.every((one) => unlikeLengths(rowsAt(one), rowsAt(present[0]!)) === null);
  const best = ofOneLength
    ? soonest(
        [...cells.values()].map(({ seconds }) => seconds),
        random("blend table, bold").fork(String(input_tokens)),
      )
    : [];
  const prefill = fullPrefill === null ? null : { rows: rowsAt(fullPrefill), cell: cellOf(fullPrefill) };
  const measured = present.map((method, index): MeasuredMethod => {
    const cell = cells.get(method)!;
    const source = random("blend table").fork(String(input_tokens));
    const { series } = method.baseline;
    const base = series === null ? null : cellOf(series);
    const cellRows = rowsAt(method).filter((row) => !isCut(row));
    const unlike = series === null ? null : unlikeLengths(cellRows, rowsAt(series));
    const against = base === null || base.requests === 0 || unlike !== null ? null : base;
    const none = { estimate: null, reason: unlike ?? whyNoBaseline(method) };
    const ratio = (key: "seconds" | "otherSeconds", random: typeof source): Estimate =>
      against === null ? none : ratioOfMedians(against[key], cell[key], { random });
    // Whatever the method is compared with, collecting replaces this group's own prefill.
    const unlikePrefill = prefill === null ? null : unlikeLengths(cellRows, prefill.rows);
    const speedup = ratio("seconds", source);
    const reasons = cell.reasoning > 0 || (against?.reasoning ?? 0) > 0;
    return {
      ...{ input_tokens, group, method, cell, cellRows, isBest: best[index] ?? false },
      baseline: series?.name ?? null,
      speedup,
      otherSpeedup: reasons ? ratio("otherSeconds", source.fork("other first token")) : speedup,
      breakEven:
        prefill === null || prefill.cell.requests === 0
          ? { reason: "there is no full prefill to compare it with" }
          : unlikePrefill !== null
            ? { reason: unlikePrefill }
            : breakEven(cell, prefill.cell.seconds),
    };
  });
  const alarms = twinsOf(present).flatMap(([first, again]) => {
    if (unlikeLengths(rowsAt(first), rowsAt(again)) !== null) return [];
    const source = random("blend table, twins").fork(String(input_tokens));
    const ratio = ratioOfMedians(cells.get(first)!.seconds, cells.get(again)!.seconds, { random: source });
    return twinAlarm([first, again], `at ${formatCount(input_tokens)} tokens`, { ratio });
  });
  return { measured, alarms };
}

const whyNoBaseline = ({ baseline }: MethodSeries<BlendRecord>): string =>
  "reason" in baseline ? baseline.reason : `${baseline.series.name} was not measured at this length`;

/** After how many uses collecting has paid off, or why that can't be said. */
export type BreakEven = { readonly uses: number } | { readonly reason: string };

/**
 * Break-even N = T_collect / (TTFT_full − TTFT_method), in medians.
 *
 * @example breakEven({ seconds: [0.1], collectSeconds: [1.8], … }, [1]) // { uses: 2 }
 */
export function breakEven(
  { seconds, collectSeconds }: Pick<MethodCell, "seconds" | "collectSeconds">,
  prefillSeconds: readonly number[],
): BreakEven {
  if (collectSeconds.length === 0) return { reason: "nothing was collected" };
  if (seconds.length === 0 || prefillSeconds.length === 0) return { reason: "no request counted" };
  const saved = median(prefillSeconds) - median(seconds);
  if (saved <= 0) return { reason: "it saves no time, so collecting never pays off" };
  return { uses: median(collectSeconds) / saved };
}
