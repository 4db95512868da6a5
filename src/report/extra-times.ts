import type { FirstToken } from "../domain/records/first-token.js";
import { REQUEST_TIME_NAMES, REQUEST_TIMES, type RequestTime } from "../domain/records/objectives.js";
import { requestSeconds, type TimedRow } from "../domain/times/request-seconds.js";
import type { Cell, Column } from "../tables/table-parts.js";
import { checkedPercentiles, checkedTimes, percentileCell, percentilesOf } from "./percentiles.js";

/** Additional times of a table. */
export interface ExtraTimesOptions {
  /** Percentiles of TTFT and of the chosen `times`, such as `[50, 95, 99]`; default only the median. */
  readonly percentiles?: readonly number[];
  /** Additional times: `itl`, `tpot`, `e2e`; default none. */
  readonly times?: readonly RequestTime[];
}

/** One percentile of one time. */
export interface ExtraTime {
  readonly time: RequestTime;
  readonly p: number;
}

/**
 * The additional percentiles of a table.
 *
 * @throws OptionError for an invalid percentile or time.
 */
export function extraTimes({ percentiles, times = [] }: ExtraTimesOptions): readonly ExtraTime[] {
  const asked = percentiles === undefined ? null : checkedPercentiles(percentiles);
  const named = checkedTimes(times);
  return REQUEST_TIME_NAMES.flatMap((time) => {
    const shown = time === "ttft" ? (asked ?? []) : named.includes(time) ? (asked ?? [50]) : [];
    return shown.map((p) => ({ time, p }));
  });
}

/** Whose times stand in a column: a state, as `cold`, or what the row is about. */
export interface TimedSide<T> {
  /** Before the time's name in headers and keys; empty where a row is of one thing. */
  readonly name: string;
  /** In headers, where they have another language than keys. */
  readonly title?: string;
  readonly rowsOf: (one: T) => readonly TimedRow[];
  readonly whyNone: (one: T) => string;
}

/** What a cell without a value says. */
export interface ExtraWords {
  readonly needs: (p: number, requests: number) => string;
  readonly notTold: (title: string) => string;
}

export const EXTRA_WORDS: ExtraWords = {
  needs: (p, requests) => `a p${p} needs ${requests} requests`,
  notTold: (title) => `no counted request reports its ${title}`,
};

/** Whether a table of medians of TTFT has a column for this time already. */
export const notTheMedian = ({ time, p }: ExtraTime): boolean => time !== "ttft" || p !== 50;

/** The columns of extra times, each with its cell. */
export function extraColumns<T>(
  extras: readonly ExtraTime[],
  sides: readonly TimedSide<T>[],
  firstToken: FirstToken,
  { needs, notTold }: ExtraWords = EXTRA_WORDS,
): { readonly column: Column; readonly cell: (one: T) => Cell }[] {
  return extras.flatMap(({ time, p }) => {
    const valuesOf = (one: T, { rowsOf }: TimedSide<T>) => secondsOfAll(rowsOf(one), time, firstToken);
    const { title } = REQUEST_TIMES[time];
    return sides.map((side) => ({
      column: {
        header: `${side.name === "" ? "" : `${side.title ?? side.name}\n`}${title}\np${p}`,
        unit: "ms",
        align: "right" as const,
      },
      cell: (one: T) => {
        const none = side.whyNone(one) || notTold(title);
        return percentileCell(valuesOf(one, side), p, none, needs);
      },
    }));
  });
}

/** The same for a row's data: `cold_ttft_p95_seconds`, `itl_p50_seconds`. */
export function extraData<T>(
  one: T,
  extras: readonly ExtraTime[],
  sides: readonly TimedSide<T>[],
  firstToken: FirstToken,
): Readonly<Record<`${string}p${number}_seconds`, number | null>> {
  const parts = extras.flatMap(({ time, p }) =>
    sides.flatMap(({ name, rowsOf }) => {
      const seconds = secondsOfAll(rowsOf(one), time, firstToken);
      return Object.entries(percentilesOf(name === "" ? time : `${name}_${time}`, seconds, [p]));
    }),
  );
  return Object.fromEntries(parts);
}

function secondsOfAll(rows: readonly TimedRow[], time: RequestTime, firstToken: FirstToken): number[] {
  return rows.flatMap((row) => requestSeconds(row, time, firstToken) ?? []);
}
