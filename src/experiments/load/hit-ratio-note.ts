import type { PrefixGrid } from "../../methods/request/method.js";
import type { AskedHitRatio } from "../../workloads/workload.js";

/** How far a hit ratio may be from the one asked for. */
const NEAR = 0.02;
/** How much longer an unknown chat template may be, at most a block. */
const MORE_TEMPLATE = 64;

/**
 * Why a hit ratio is not reached by the prompts chosen for it in a cache of blocks, and by which prompts it is; null where it may
 * be reached.
 *
 * @example
 * hitRatioNote(
 *   { share: 0.3, sharedTokens: 90, promptTokens: 300 },
 *   { blockTokens: 128, templateTokens: 12, templateKnown: true },
 * )
 * // "a hit ratio of 30 % is not reached by prompts of 300 tokens: the server's cache works in blocks of 128, so it will be about
 * // 0 %. It is reached with 116 shared (--shared_tokens, sharedTokens) and 299 of their own (--own_tokens, ownTokens)."
 */
export function hitRatioNote(
  { share, sharedTokens, promptTokens }: AskedHitRatio,
  { blockTokens, templateTokens, templateKnown }: PrefixGrid,
): string | null {
  const more = templateKnown ? 0 : Math.min(blockTokens - 1, MORE_TEMPLATE);
  const found = Array.from({ length: more + 1 }, (_, index) => {
    const before = templateTokens + index;
    return (Math.floor((sharedTokens + before) / blockTokens) * blockTokens) / (promptTokens + before);
  });
  if (found.some((one) => Math.abs(one - share) <= NEAR)) return null;
  const reached = [...new Set(found.map(percent))].join(" or ");
  // Whole blocks, and prompts no shorter than was asked for.
  const blocks = Math.ceil((share * (promptTokens + templateTokens)) / blockTokens) * blockTokens;
  const advised = { shared: blocks - templateTokens, own: Math.round(blocks / share) - blocks };
  return (
    `a hit ratio of ${percent(share)} is not reached by prompts of ${promptTokens} tokens: the server's cache works in blocks of ` +
    `${blockTokens}, so it will be about ${reached}. It is reached ` +
    `with ${advised.shared} shared (--shared_tokens, sharedTokens) and ${advised.own} of their own (--own_tokens, ownTokens).`
  );
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;
