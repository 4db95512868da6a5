import { fillsBlocks } from "../client/cache-evidence.js";

/**
 * A line on the lengths whose hits can't show, to be said before they are measured; none where all can.
 *
 * @param served how many tokens of a prompt of one length are served before it is asked
 * @example tooShortFor([64, 512], 128, (tokens) => tokens)
 * // ["The prefix cache works in blocks of 128 tokens, and the 64 served before fill too few: a hit can't be proven at 64."]
 */
export function tooShortFor(
  lengths: readonly number[],
  blockTokens: number | null,
  served: (tokens: number) => number,
): string[] {
  const short = [...new Set(lengths)].filter((tokens) => !fillsBlocks(served(tokens), 0, blockTokens));
  if (short.length === 0) return [];
  const given = short.map(served).join(", ");
  const why =
    blockTokens === null
      ? `${given} tokens served before are too few to show in a cache`
      : `The prefix cache works in blocks of ${blockTokens} tokens, and the ${given} served before fill too few`;
  return [`${why}: a hit can't be proven at ${short.join(", ")}.`];
}
