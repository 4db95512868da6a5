import type { Estimate } from "../../stats/interval.js";
import type { Random } from "../../stats/random.js";
import { pairedRatioOfMedians, ratioOfMedians } from "../../stats/ratio-of-medians.js";
import type { NamedCell, TtftTimes } from "./ttft-cell.js";

/** Whether a cell's cold and warm times are compared in pairs: if at least half of those that could be are in pairs. */
export const isPaired = ({ seconds, pairs }: TtftTimes): boolean =>
  pairs.length > 0 && 2 * pairs.length >= Math.min(seconds.cold.length, seconds.warm.length);

/** How many times sooner the warm request comes, with its interval: from pairs, or from two samples if there are none. */
export function coldOverWarm(times: TtftTimes, random: Random): Estimate {
  return isPaired(times)
    ? pairedRatioOfMedians(times.pairs, { random })
    : ratioOfMedians(times.seconds.cold, times.seconds.warm, { random });
}

/** Says whether the interval of cold over warm, by its column's name, comes from pairs or from two samples. */
export function pairingNote(cells: readonly NamedCell[], column: string): string[] {
  const both = cells.filter(({ cell: { seconds } }) => seconds.cold.length > 0 && seconds.warm.length > 0);
  const [paired, apart] = [
    both.filter(({ cell }) => isPaired(cell)),
    both.filter(({ cell }) => !isPaired(cell)),
  ];
  const of = (named: readonly NamedCell[]) =>
    apart.length === 0 || paired.length === 0 ? "" : ` (${named.map(({ name }) => name).join("; ")})`;
  return [
    ...(paired.length === 0
      ? []
      : [`${column}: the two requests of a trial are a pair, and are resampled together${of(paired)}.`]),
    ...(apart.length === 0
      ? []
      : [`${column}: two samples, because nothing says which requests belong together${of(apart)}.`]),
  ];
}
