import { OptionError } from "../domain/errors/errors.js";
import { REQUEST_TIME_NAMES, type RequestTime } from "../domain/records/objectives.js";
import { fewestFor } from "../stats/quantile.js";
import { formatMs } from "../tables/format.js";
import { secondsAt } from "../tables/number-cells.js";
import { type Cell, missing } from "../tables/table-parts.js";

/** The percentiles that tables of loads show, and that rows always have. */
export const PERCENTILES = [50, 90, 95, 99] as const;

/** The keys of percentiles in a table's rows, such as `ttft_p95_seconds`. */
export type PercentileKey = `${string}p${number}_seconds`;

/**
 * Percentiles as an option takes them, in ascending order.
 *
 * @throws OptionError for an empty list, or a number that is not above 0 and below 100.
 */
export function checkedPercentiles(
  percentiles: readonly number[],
  option = "percentiles",
): readonly number[] {
  if (!Array.isArray(percentiles) || percentiles.length === 0)
    throw new OptionError(option, "must be a list of numbers such as [50, 95, 99]", percentiles);
  for (const p of percentiles) {
    if (typeof p !== "number" || !(p > 0 && p < 100))
      throw new OptionError(option, "must hold numbers above 0 and below 100", p);
  }
  return [...new Set(percentiles)].sort((a, b) => a - b);
}

/** The percentiles of times by their keys; null where there are too few times: below 1/(1 − p) of them, as 100 for p99. */
export function percentilesOf(
  name: RequestTime | `${string}_${RequestTime}`,
  seconds: readonly number[],
  percentiles: readonly number[] = PERCENTILES,
): Readonly<Record<PercentileKey, number | null>> {
  return Object.fromEntries(
    percentiles.map((p) => [`${name}_p${p}_seconds`, secondsAt(seconds, p / 100)] as const),
  );
}

/** Why a percentile of so few times is missing. */
export const tooFewFor = (p: number, count: number): string =>
  `a p${p} needs ${fewestFor(p / 100)} requests, and ${count === 1 ? "there is 1" : `there are ${count}`}`;

/** A percentile for a table; `whyNone` where there are no times at all. */
export function percentileCell(
  seconds: readonly number[],
  p: number,
  whyNone: string,
  needs = (of: number, requests: number) => `a p${of} needs ${requests} requests`,
): Cell {
  if (seconds.length === 0) return missing(whyNone);
  const value = secondsAt(seconds, p / 100);
  return value === null ? missing(needs(p, fewestFor(p / 100))) : { text: formatMs(value) };
}

/**
 * Names of times as an option takes them.
 *
 * @throws OptionError for a name that is none.
 */
export function checkedTimes(times: readonly RequestTime[]): readonly RequestTime[] {
  if (!Array.isArray(times)) throw new OptionError("times", "must be a list of times", times);
  for (const time of times) {
    if (!REQUEST_TIME_NAMES.includes(time))
      throw new OptionError("times", `must be among ${REQUEST_TIME_NAMES.join(", ")}`, time);
  }
  return times;
}
