import { OptionError } from "../domain/errors.js";
import type { Estimate } from "../stats/interval.js";
import { random } from "../stats/random.js";
import { ratioOfMedians } from "../stats/ratio-of-medians.js";
import type { StatedOrNot, TtftCell } from "./ttft-cell.js";
import type { TtftGroup } from "./ttft-groups.js";

/**
 * The baseline's cells by context.
 *
 * @throws OptionError for a baseline that is no label of the groups.
 */
export function baselineCells(groups: readonly TtftGroup[], baseline: string): ReadonlyMap<number, TtftCell> {
  if (!groups.some(({ label }) => label === baseline)) {
    const labels = [...new Set(groups.map(({ label }) => JSON.stringify(label)))].join(", ");
    throw new OptionError("baseline", `must be one of the labels (${labels || "there are none"})`, baseline);
  }
  return new Map(
    groups.filter(({ label }) => label === baseline).map(({ context, cell }) => [context, cell]),
  );
}

/** How many times sooner than the baseline a group answers in one state, with its interval. */
export function speedupOver(
  base: TtftCell | undefined,
  { label, context, cell }: TtftGroup,
  state: StatedOrNot,
  baseline: string,
): Estimate {
  if (base === undefined) return { estimate: null, reason: `${baseline} was not measured at this context` };
  const source = random("ttft table").fork(label).fork(String(context)).fork(state);
  return ratioOfMedians(base.seconds[state], cell.seconds[state], { random: source });
}
