import type { BlockWeights } from "./block-bootstrap.js";

/** Values in ascending order, each with the block it was measured in. */
export interface BlockValues {
  readonly ascending: Float64Array;
  /** The block of each of them, from 0. */
  readonly blocks: Int32Array;
  /** How many values each block has. */
  readonly sizes: Int32Array;
}

/** The values of all blocks in one order. */
export function blockValues(blocks: readonly (readonly number[])[]): BlockValues {
  const pairs = blocks.flatMap((values, block) => values.map((value) => ({ value, block })));
  pairs.sort((a, b) => a.value - b.value);
  return {
    ascending: Float64Array.from(pairs, ({ value }) => value),
    blocks: Int32Array.from(pairs, ({ block }) => block),
    sizes: Int32Array.from(blocks, ({ length }) => length),
  };
}

/**
 * The median of values each of which counts as often as its block: the middle one, or the mean of the two middle ones.
 *
 * @returns NaN where nothing counts.
 * @example weightedMedian(blockValues([[1, 2], [9]]), Int32Array.of(1, 2)) // 5.5, the median of 1, 2, 9, 9
 */
export function weightedMedian({ ascending, blocks, sizes }: BlockValues, weights: BlockWeights): number {
  let total = 0;
  for (let block = 0; block < sizes.length; block++) total += sizes[block]! * weights[block]!;
  if (total === 0) return Number.NaN;
  const lower = Math.floor((total + 1) / 2);
  let seen = 0;
  let place = -1;
  while (seen < lower) seen += weights[blocks[++place]!]!;
  const low = ascending[place]!;
  if (total % 2 === 1 || seen > lower) return low;
  do place++;
  while (weights[blocks[place]!] === 0);
  return (low + ascending[place]!) / 2;
}
