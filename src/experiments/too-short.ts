import { fillsBlocks } from "../client/cache-evidence.js";

/**
 * A length asked for; how many tokens of such a prompt are served in advance; and how many of these all prompts begin with.
 */
export interface ServedLength {
  readonly tokens: number;
  readonly servedTokens: number;
  readonly sharedTokens: number;
}

/**
 * A warning about lengths at which hits can't be proven, to be shown before measuring; none if all can.
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

/** Whether a length may be too short: of more than two blocks, at least half are always whole ones. */
export const mayBeTooShort = (servedTokens: number, blockTokens: number | null): boolean =>
  servedTokens <= 2 * (blockTokens ?? 1);
