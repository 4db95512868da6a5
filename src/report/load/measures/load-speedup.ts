import type { LoadRecord } from "../../../domain/records/record-kinds.js";
import type { Series } from "../../../domain/records/series.js";
import { blockValues, bootstrapBlocks, weightedMedian } from "../../../stats/block-bootstrap.js";
import type { Estimate } from "../../../stats/interval.js";
import { median } from "../../../stats/quantile.js";
import type { Random } from "../../../stats/random.js";
import { formatCount } from "../../../tables/format.js";
import { counterpartOf, seriesNamed } from "../../counterpart.js";
import type { LoadCell } from "./load-cell.js";

/** What a label at one level is compared with. */
export type LoadBaseline =
  | { readonly kind: "itself" }
  | { readonly kind: "other"; readonly cell: LoadCell }
  | { readonly kind: "none"; readonly reason: string };

/**
 * Finds what each cell is compared with: the named label at the same level, or if none is named the label whose method is
 * full prefill; null if there is neither.
 *
 * @throws OptionError for a name that is not a label.
 */
export function loadBaselines(
  cells: readonly LoadCell[],
  asked: string | undefined,
): ((cell: LoadCell) => LoadBaseline) | null {
  const all = [...new Set(cells.map(({ series }) => series))];
  const named = asked === undefined ? fullPrefill(all) : seriesNamed(all, asked);
  if (named.length === 0) return null;
  const name = asked ?? named[0]!.label;
  return (cell) => {
    if (named.includes(cell.series)) return { kind: "itself" };
    const found = counterpartOf(cell.series, named, all);
    if (found.series === null) return { kind: "none", reason: found.reason };
    const other = cells.find((one) => one.series === found.series && one.key === cell.key);
    return other === undefined
      ? {
          kind: "none",
          reason: `${name} was not measured at this level with this workload and these arrivals`,
        }
      : { kind: "other", cell: other };
  };
}

/** Of several full prefills, as in an A/A comparison, the first in alphabetical order. */
function fullPrefill<S extends Series<LoadRecord>>(all: readonly S[]): readonly S[] {
  const found = all.filter(({ rows }) => rows[0]!.method === "full_prefill");
  const first = found.map(({ label }) => label).sort()[0];
  return found.filter(({ label }) => label === first);
}

/** Median contexts may differ by this much and still be compared. */
const ALIKE_WITHIN = 0.05;

/**
 * How many times sooner the first token comes than the baseline's at the same level: the ratio of median TTFTs. Blocks of
 * both are resampled whole and separately, because requests of one block are not independent.
 */
export function loadSpeedup(cell: LoadCell, base: LoadCell, random: Random): Estimate {
  const none = (reason: string): Estimate => ({ estimate: null, reason });
  if (cell.unsettled !== null) return none(cell.unsettled);
  if (base.unsettled !== null) return none(`the baseline's ${base.unsettled}`);
  const [own, others] = [cell, base].map(({ requests }) => {
    const told = requests.flatMap(({ context_tokens }) => context_tokens ?? []);
    return told.length === 0 ? null : median(told);
  }) as [number | null, number | null];
  if (own !== null && others !== null && Math.abs(own - others) > ALIKE_WITHIN * Math.max(own, others))
    return none(
      `the baseline's contexts are of another length (${formatCount(others)}, not ${formatCount(own)} tokens)`,
    );
  const [above, below] = [base, cell].map((one) => one.times("ttft").filter(({ length }) => length > 0)) as [
    (readonly number[])[],
    (readonly number[])[],
  ];
  if (above.length === 0) return none("the baseline has no request that counts");
  if (below.length === 0) return none("no request counts");
  if ([...above, ...below].some((block) => block.some((seconds) => seconds <= 0))) return none("a time is 0");
  const sides = [inOneOrder(above), inOneOrder(below)].map(blockValues);
  return bootstrapBlocks(
    sides.map(({ sizes }) => sizes.length),
    ([a, b]) => weightedMedian(sides[0]!, a!) / weightedMedian(sides[1]!, b!),
    { random },
  );
}

/** Blocks are sorted by their sums, so that the order in which logs were read decides nothing. */
function inOneOrder(blocks: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return [...blocks].sort((a, b) => sum(a) - sum(b));
}
