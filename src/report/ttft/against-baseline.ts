import type { Estimate } from "../../stats/interval.js";
import { random } from "../../stats/random.js";
import { ratioOfMedians } from "../../stats/ratio-of-medians.js";
import { unlikeLengths } from "../context-length.js";
import { acrossModels, counterpartOf, seriesNamed } from "../counterpart.js";
import type { StatedOrNot } from "./ttft-cell.js";
import type { TtftGroup } from "./ttft-groups.js";

/** What a group is compared with at its context: itself if it is the baseline, another group, or nothing, with the reason. */
export type Against =
  | { readonly base: "itself" }
  | { readonly base: TtftGroup }
  | { readonly base: null; readonly lacks: "counterpart" | "context"; readonly reason: string };

/** The groups' baselines, and notes on them. */
export interface Baselines {
  readonly of: (group: TtftGroup) => Against;
  readonly notes: readonly string[];
}

/**
 * What every group is compared with, cold with cold and warm with warm, at its own context.
 *
 * @throws OptionError for a baseline that is no label of the groups.
 */
export function ttftBaselines(groups: readonly TtftGroup[], asked: string): Baselines {
  const all = [...new Set(groups.map(({ series }) => series))];
  const named = seriesNamed(all, asked, JSON.stringify);
  const counterparts = new Map(all.map((one) => [one, counterpartOf(one, named, all)]));
  const at = (series: TtftGroup["series"], context: number) =>
    groups.find((one) => one.series === series && one.context === context);
  return {
    of: ({ series, context }) => {
      if (named.includes(series)) return { base: "itself" };
      const found = counterparts.get(series)!;
      if (found.series === null) return { base: null, lacks: "counterpart", reason: found.reason };
      const base = at(found.series, context);
      if (base !== undefined) return { base };
      const reason = `${found.series.name} was not measured at this context`;
      return { base: null, lacks: "context", reason };
    },
    notes: acrossModels(
      [...counterparts].flatMap(([one, { series }]) =>
        series === null || named.includes(one) ? [] : [[one, series] as const],
      ),
    ),
  };
}

/** How many times sooner than the baseline a group answers in one state, with its interval. */
export function speedupOver(
  base: TtftGroup,
  { context, rows, cell }: TtftGroup,
  state: StatedOrNot,
): Estimate {
  const unlike = unlikeLengths(rows, base.rows);
  if (unlike !== null) return { estimate: null, reason: unlike };
  const source = random("ttft table").fork(String(context)).fork(state);
  return ratioOfMedians(base.cell.seconds[state], cell.seconds[state], { random: source });
}
