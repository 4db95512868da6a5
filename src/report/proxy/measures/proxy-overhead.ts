import type { ProxyRecord } from "../../../domain/records/record-kinds.js";
import {
  type BlockValues,
  blockValues,
  bootstrapBlocks,
  weightedMedian,
} from "../../../stats/block-bootstrap.js";
import type { Estimate } from "../../../stats/interval.js";
import type { Random } from "../../../stats/random.js";
import type { ProxyBlock } from "./proxy-blocks.js";

/** What a proxy adds to a time, pair by pair: proxied minus direct, in seconds. */
export interface Overhead {
  /**
   * *The* overhead: the median of the differences. Half of the requests pay more. Unlike the mean, it is not moved by one
   * stall on either side; unlike a difference of two medians, it cancels drift that affects both halves of a pair.
   */
  readonly median: Estimate;
  /** The mean of the differences: what the proxy costs in all, tail included. */
  readonly mean: Estimate;
  readonly pairs: number;
  /** Blocks that have at least one pair that counts. */
  readonly blocks: number;
  /** Pairs with a failed half, which have no difference. */
  readonly failedPairs: number;
  /** The differences behind it, for comparing two proxies. */
  readonly differences: readonly (readonly number[])[];
}

/** The overhead in the times that `secondsOf` reads; a pair with a missing time has no difference. */
export function overheadOf(
  blocks: readonly ProxyBlock[],
  secondsOf: (row: ProxyRecord) => number | null,
  random: Random,
): Overhead {
  const pairs = blocks.flatMap((block) => block.pairs);
  const differences = blocks
    .map((block) => block.pairs.flatMap(({ direct, proxied }) => difference(direct, proxied, secondsOf)))
    .filter((block) => block.length > 0)
    .sort((a, b) => sumOf(a) - sumOf(b));
  const values = blockValues(differences);
  const sizes = differences.map(({ length }) => length);
  const sums = differences.map(sumOf);
  const weighted = (numbers: readonly number[], weights: Int32Array): number =>
    numbers.reduce((sum, value, block) => sum + value * weights[block]!, 0);
  const none: Estimate = { estimate: null, reason: whyNone(pairs.length) };
  const estimated = (statistic: (weights: Int32Array) => number, name: string): Estimate =>
    differences.length === 0
      ? none
      : bootstrapBlocks([differences.length], ([weights]) => statistic(weights!), {
          random: random.fork(name),
        });
  return {
    median: estimated((weights) => weightedMedian(values, weights), "median"),
    mean: estimated((weights) => weighted(sums, weights) / weighted(sizes, weights), "mean"),
    pairs: values.ascending.length,
    blocks: differences.length,
    failedPairs: pairs.filter(({ direct, proxied }) => !isGood(direct) || !isGood(proxied)).length,
    differences,
  };
}

/** How much more one proxy adds than another, with the interval of two groups of blocks measured apart. */
export function overheadDifference(overhead: Overhead, baseline: Overhead, random: Random): Estimate {
  if (overhead.blocks === 0 || baseline.blocks === 0) {
    return { estimate: null, reason: "one of the two proxies has no overhead under this load" };
  }
  const [own, others]: [BlockValues, BlockValues] = [
    blockValues(overhead.differences),
    blockValues(baseline.differences),
  ];
  return bootstrapBlocks(
    [overhead.blocks, baseline.blocks],
    ([a, b]) => weightedMedian(own, a!) - weightedMedian(others, b!),
    { random },
  );
}

function difference(
  direct: ProxyRecord,
  proxied: ProxyRecord,
  secondsOf: (row: ProxyRecord) => number | null,
): number[] {
  if (!isGood(direct) || !isGood(proxied)) return [];
  const [without, through] = [secondsOf(direct), secondsOf(proxied)];
  return without === null || through === null ? [] : [through - without];
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

const isGood = ({ outcome }: ProxyRecord): boolean => outcome === "ok";

function whyNone(pairs: number): string {
  return pairs === 0
    ? "no direct and proxied request have the same position in their blocks"
    : `none of the ${pairs} pairs has two good and measured requests`;
}
