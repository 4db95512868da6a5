import type { FirstToken } from "../../domain/records/first-token.js";
import type { GateMetric, GateNumber } from "../../domain/records/gate.js";
import { REQUEST_TIMES } from "../../domain/records/objectives.js";
import { requestSeconds, type TimedRow } from "../../domain/times/request-seconds.js";
import type { Estimate } from "../../stats/interval.js";
import { type GateValue, statisticOf } from "./judge-gates.js";

/** An estimate for a gate. */
export const estimated = ({ estimate, ...rest }: Estimate): GateValue =>
  estimate ?? { missing: "reason" in rest ? rest.reason : "not known" };

/** The end of an estimate's interval, or the reason there is none. */
export const endOf = (estimate: Estimate, end: "low" | "high"): GateValue =>
  "low" in estimate ? estimate[end] : { missing: estimate.reason };

/** The numbers of a comparison with a baseline. */
export const speedups = (speedup: Estimate): Partial<Record<GateNumber, GateValue>> => ({
  speedup: estimated(speedup),
  speedup_low: endOf(speedup, "low"),
});

/** The value of a metric in a row's times or numbers. */
export function valueIn(
  metric: GateMetric,
  numbers: Partial<Readonly<Record<GateNumber, GateValue>>>,
  times: ((metric: GateMetric & { readonly kind: "time" }) => GateValue | undefined) | null,
): GateValue | undefined {
  if (metric.kind === "no worse") return undefined;
  return metric.kind === "number" ? numbers[metric.name] : times?.(metric);
}

/** A statistic of some requests' times. */
export function timeIn(
  rows: readonly TimedRow[],
  { time, statistic }: GateMetric & { readonly kind: "time" },
  firstToken: FirstToken,
  whyNone = "",
): GateValue {
  const seconds = rows.flatMap((row) => requestSeconds(row, time, firstToken) ?? []);
  return statisticOf(
    seconds,
    statistic,
    whyNone || `no counted request reports its ${REQUEST_TIMES[time].title}`,
  );
}

/** How many requests failed, as a count and as a share. */
export const failures = (failed: number, all: number): Partial<Record<GateNumber, GateValue>> => ({
  errors: failed,
  error_share: all === 0 ? { missing: "no request was sent" } : failed / all,
});
