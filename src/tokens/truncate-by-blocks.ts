import { longestPrefix } from "./longest-prefix.js";
import { blocksOf } from "./pretoken-boundary.js";

const BLOCK_CHARACTERS = 32_768;

/**
 * What {@link longestPrefix} gives, with fewer long texts sent to whoever counts: blocks are counted while they fit, only
 * the one that does not is searched, and the whole result is counted once. Where that is not the sum of its blocks, the
 * tokenizer does not treat the cuts as ours, and the whole is searched from there.
 */
export async function truncateByBlocks(
  text: string,
  tokens: number,
  count: (text: string) => Promise<number>,
): Promise<string> {
  let end = 0;
  let counted = 0;
  for (const block of blocksOf(text, BLOCK_CHARACTERS)) {
    const own = await count(block);
    if (counted + own > tokens) {
      const part = await longestPrefix(block, tokens - counted, count);
      counted += part === "" ? 0 : await count(part);
      end += part.length;
      break;
    }
    counted += own;
    end += block.length;
  }
  const prefix = text.slice(0, end);
  // One block is the whole, counted already.
  if (end <= BLOCK_CHARACTERS || (await count(prefix)) === counted) return prefix;
  return longestPrefix(text, tokens, count, end);
}
