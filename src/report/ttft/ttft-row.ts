import { group as groupBy } from "d3-array";
import type { FirstToken } from "../../domain/records/first-token.js";
import type { RequestTime } from "../../domain/records/objectives.js";
import { mixesModels } from "../../domain/records/series.js";
import type { Estimate } from "../../stats/interval.js";
import { median } from "../../stats/quantile.js";
import { random } from "../../stats/random.js";
import { type Bounds, boundsOf } from "../../tables/number-cells.js";
import { soonest } from "../best.js";
import { isEstimated, unlikeLengths } from "../context-length.js";
import { type Against, speedupOver } from "./against-baseline.js";
import { coldOverWarm, isPaired } from "./cold-over-warm.js";
import type { StatedOrNot } from "./ttft-cell.js";
import type { TtftGroup } from "./ttft-groups.js";

/** One row of a TTFT table's data: one label at one context length. Times in seconds; null where there is none. */
export interface TtftTableRow {
  /** Followed by what distinguishes it, if one label has several models or servers. */
  readonly label: string;
  readonly model: string | null;
  readonly context_tokens: number;
  /** Whether the context's length is an estimate, not counted by the model's tokenizer. */
  readonly context_is_estimate: boolean;
  readonly cold_n: number;
  readonly warm_n: number;
  readonly flushed_n: number;
  readonly unstated_n: number;
  readonly failed_n: number;
  /** Excluded, because the server cut their prompts. */
  readonly cut_n: number;
  /** The kind of token that the times refer to. */
  readonly first_token: FirstToken;
  /** Requests in which reasoning came before the content. */
  readonly reasoning_n: number;
  readonly cold_median_seconds: number | null;
  readonly warm_median_seconds: number | null;
  readonly flushed_median_seconds: number | null;
  readonly unstated_median_seconds: number | null;
  /** The server's own prefill time, if reported; part of TTFT. */
  readonly cold_prefill_median_seconds: number | null;
  readonly warm_prefill_median_seconds: number | null;
  /** Trials whose cold and warm request form a pair in `speedup`; null if it compares two samples. */
  readonly pairs: number | null;
  /** Cold over warm, with its 95 % interval. */
  readonly speedup: number | null;
  readonly speedup_low: number | null;
  readonly speedup_high: number | null;
  /** The same by the other kind of first token: any, if `first_token` is content. */
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
  /** The percentiles that were asked for, by state and time, as `cold_ttft_p95_seconds`. */
  readonly [percentile: `${StatedOrNot}_${RequestTime}_p${number}_seconds`]: number | null;
}

/** The states in which a label's median is printed bold. */
export type BestStates = ReadonlySet<StatedOrNot>;

/**
 * The labels that answered soonest at each context, cold among cold and warm among warm, for each model if labels mix them.
 */
export function bestOf(groups: readonly TtftGroup[]): BestStates[] {
  const states = groups.map(() => new Set<StatedOrNot>());
  const byModel = mixesModels(groups.map(({ series }) => series));
  const keyOf = ({ context, series }: TtftGroup) =>
    byModel ? `${context} ${series.traits.get("model")}` : String(context);
  for (const members of groupBy([...groups.keys()], (index) => keyOf(groups[index]!)).values()) {
    for (const state of ["cold", "warm"] as const) {
      // There is no best among contexts of different lengths.
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

export interface Measured extends TtftGroup {
  readonly medians: Readonly<Record<StatedOrNot, number | null>>;
  readonly speedup: Estimate;
  /** The same by the other kind of first token. */
  readonly otherMedians: { readonly cold: number | null; readonly warm: number | null };
  readonly otherSpeedup: Estimate;
  readonly base: Against | null;
  /** Against the baseline; null for the baseline itself and if there is none. */
  readonly against: { readonly cold: Estimate; readonly warm: Estimate } | null;
}

export function measure(one: TtftGroup, against: Against | null): Measured {
  const { seconds } = one.cell;
  const medianOf = (state: StatedOrNot) => medianOrNull(seconds[state]);
  const base = against === null || against.base === "itself" ? null : against.base;
  const source = random("ttft table").fork(String(one.context));
  const speedup = coldOverWarm(one.cell, source);
  return {
    ...one,
    medians: {
      cold: medianOf("cold"),
      warm: medianOf("warm"),
      flushed: medianOf("flushed"),
      unstated: medianOf("unstated"),
    },
    speedup,
    otherMedians: {
      cold: medianOrNull(one.cell.other.seconds.cold),
      warm: medianOrNull(one.cell.other.seconds.warm),
    },
    otherSpeedup:
      one.cell.reasoning === 0 ? speedup : coldOverWarm(one.cell.other, source.fork("other first token")),
    base: against,
    against:
      base === null ? null : { cold: speedupOver(base, one, "cold"), warm: speedupOver(base, one, "warm") },
  };
}

export function dataOf(
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

export const medianOrNull = (values: readonly number[]): number | null =>
  values.length === 0 ? null : median(values);
