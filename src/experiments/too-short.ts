import { fillsBlocks } from "../client/cache-evidence.js";

/** A length that is asked for, and how many tokens of such a prompt are served before it; of these, what all begin with. */
export interface ServedLength {
  readonly tokens: number;
  readonly servedTokens: number;
  readonly sharedTokens: number;
}

/**
 * A line on the lengths whose hits can't show, to be said before they are measured; none where all can.
 *
 * @example tooShortFor([{ tokens: 512, servedTokens: 120, sharedTokens: 12 }], 128)
 * // ["The prefix cache works in blocks of 128 tokens, and the 120 served before fill too few: a hit can't be proven at 512."]
 */
export function tooShortFor(lengths: readonly ServedLength[], blockTokens: number | null): string[] {
  const short = lengths.filter(
    ({ servedTokens, sharedTokens }) => !fillsBlocks(servedTokens, sharedTokens, blockTokens),
  );
  if (short.length === 0) return [];
  const served = [...new Set(short.map(({ servedTokens }) => servedTokens))].join(", ");
  const asked = [...new Set(short.map(({ tokens }) => tokens))].join(", ");
  const why =
    blockTokens === null
      ? `${served} tokens served before are too few to show in a cache`
      : `The prefix cache works in blocks of ${blockTokens} tokens, and the ${served} served before fill too few`;
  return [`${why}: a hit can't be proven at ${asked}.`];
}

/** Whether a length may be too short: of more than two blocks, whole ones are always half. */
export const mayBeTooShort = (servedTokens: number, blockTokens: number | null): boolean =>
  servedTokens <= 2 * (blockTokens ?? 1);
