import type { JsonObject } from "../../domain/json.js";
import type { Unit } from "../../domain/records/column.js";
import type { Total } from "../../domain/records/total.js";
import { numberOf } from "./fields.js";

/** A measure's name in a tool's files and in the records, and what one of its units is in the records'. */
export interface Measure {
  readonly theirs: string;
  readonly measure: string;
  readonly unit: Unit;
  readonly scale?: number;
}

/** Statistics as tools name them, and as they are named here. */
const STATISTICS: Readonly<Record<string, string>> = {
  mean: "mean",
  avg: "mean",
  average: "mean",
  median: "median",
  p50: "median",
  std: "sd",
  std_dev: "sd",
  stddev: "sd",
  min: "min",
  max: "max",
};

/** A statistic's name here: `p99.9` and `quantiles_p99` are what they say. */
export function statisticOf(theirs: string): string | null {
  const known = STATISTICS[theirs];
  if (known !== undefined) return known;
  const percentile = /^(?:quantiles_)?p(\d+(?:\.\d+)?)$/.exec(theirs);
  return percentile === null ? null : (STATISTICS[`p${percentile[1]}`] ?? `p${percentile[1]}`);
}

type Of = Pick<Total, "run" | "part" | "model">;

/** One number of a run. */
export function totalOf(
  of: Of,
  value: unknown,
  { measure, unit, scale = 1 }: Measure,
  statistic: string,
): Total[] {
  const number = typeof value === "string" ? numberOf(value) : value;
  return typeof number !== "number" || !Number.isFinite(number)
    ? []
    : [{ ...of, measure, statistic, value: number * scale, unit }];
}

/** The statistics of a measure that stand in an object of their own: `{ mean, p95, … }`. */
export function totalsWithin(of: Of, statistics: JsonObject, measure: Measure): Total[] {
  return Object.entries(statistics).flatMap(([name, value]) => {
    const statistic = statisticOf(name);
    return statistic === null ? [] : totalOf(of, value, measure, statistic);
  });
}

/** The statistics whose keys begin with their names: `mean_ttft_ms`, `p99_ttft_ms`. */
export function totalsByPrefix(of: Of, run: JsonObject, measures: readonly Measure[]): Total[] {
  return Object.entries(run).flatMap(([key, value]) =>
    measures.flatMap((measure) => {
      if (!key.endsWith(`_${measure.theirs}`)) return [];
      const statistic = statisticOf(key.slice(0, -measure.theirs.length - 1));
      return statistic === null ? [] : totalOf(of, value, measure, statistic);
    }),
  );
}

/** Numbers of a run that stand for themselves, such as `completed`. */
export function totalsNamed(of: Of, run: JsonObject, measures: readonly Measure[]): Total[] {
  return measures.flatMap((measure) => totalOf(of, run[measure.theirs], measure, "total"));
}

/** The totals without the times that are 0 in every statistic: that is what tools write of a run in which none was measured. */
export function measuredTotals(totals: readonly Total[]): Total[] {
  const nameOf = ({ run, part, measure }: Total) => JSON.stringify([run, part, measure]);
  const known = new Set(totals.filter(({ value, unit }) => unit !== "s" || value !== 0).map(nameOf));
  return totals.filter((total) => known.has(nameOf(total)));
}

const MS = 1 / 1000;
/** What vLLM's and SGLang's clients count of a run. */
export const SERVE_TIMES: readonly Measure[] = [
  { theirs: "ttft_ms", measure: "ttft_seconds", unit: "s", scale: MS },
  { theirs: "tpot_ms", measure: "tpot_seconds", unit: "s", scale: MS },
  { theirs: "itl_ms", measure: "itl_seconds", unit: "s", scale: MS },
  { theirs: "e2el_ms", measure: "e2e_seconds", unit: "s", scale: MS },
  { theirs: "e2e_latency_ms", measure: "e2e_seconds", unit: "s", scale: MS },
];
export const SERVE_COUNTS: readonly Measure[] = [
  { theirs: "completed", measure: "requests", unit: null },
  { theirs: "failed", measure: "failed_requests", unit: null },
  { theirs: "duration", measure: "duration_seconds", unit: "s" },
  { theirs: "total_input_tokens", measure: "prompt_tokens", unit: "tokens" },
  { theirs: "total_output_tokens", measure: "output_tokens", unit: "tokens" },
  { theirs: "request_throughput", measure: "requests_per_second", unit: "1/s" },
  { theirs: "output_throughput", measure: "output_tokens_per_second", unit: "1/s" },
];
