/**
 * Where all pre-tokenizers of byte-level BPE (GPT, Llama 3, Qwen, DeepSeek, Tekken) end a word: between a letter or digit and
 * a single space or CJK mark followed by a letter. Their patterns join that space or mark with the next word.
 */
const BOUNDARY = /(?<=[\p{L}\p{N}])(?=[ ，。、；：！？]\p{L})/u;
const EVERY_BOUNDARY = new RegExp(BOUNDARY, "gu");

/** A text cut at every such position. */
export function wordsOf(text: string): string[] {
  return text === "" ? [] : text.split(BOUNDARY);
}

/** A text cut at such positions into blocks of at least the given number of characters, if it has that many. */
function* blocksOf(text: string, characters: number): Iterable<string> {
  let start = 0;
  while (start < text.length) {
    EVERY_BOUNDARY.lastIndex = start + characters;
    const boundary = start + characters < text.length ? EVERY_BOUNDARY.exec(text) : null;
    const end = boundary?.index ?? text.length;
    yield text.slice(start, end);
    start = end;
  }
}

/** A cut at `index`, or just before it if it would split a surrogate pair. */
function wholeCharacters(text: string, index: number): number {
  const before = text.charCodeAt(index - 1);
  const after = text.charCodeAt(index);
  const splits = before >= 0xd800 && before < 0xdc00 && after >= 0xdc00 && after < 0xe000;
  return splits ? index - 1 : index;
}

/**
 * The longest prefix with at most `tokens` tokens, whole characters only, found by counting prefixes.
 *
 * Counts grow almost evenly along a text, so each guess is drawn between the nearest counts on either side; every third
 * halves the interval, which bounds the search. (If a longer prefix has fewer tokens, because its last word became complete,
 * the result is one of the prefixes that can't be made a character longer.)
 *
 * @param near where the prefix is expected to end, if anything is known about it: the first guess
 * @example await longestPrefix("one two three", 2, async (text) => text.split(" ").length) // "one two"
 */
export async function longestPrefix(
  text: string,
  tokens: number,
  count: (text: string) => Promise<number>,
  near?: number,
): Promise<string> {
  let fits = { end: 0, tokens: 0 };
  let exceeds = { end: text.length, tokens: await count(text) };
  if (exceeds.tokens <= tokens) return text;
  for (let step = 1; ; step++) {
    const share = step % 3 === 0 ? 0.5 : (tokens + 0.5 - fits.tokens) / (exceeds.tokens - fits.tokens);
    const drawn = fits.end + Math.round((exceeds.end - fits.end) * share);
    const guess = step === 1 ? (near ?? drawn) : drawn;
    const inside = Math.min(Math.max(guess, fits.end + 1), exceeds.end - 1);
    let end = wholeCharacters(text, inside);
    if (end <= fits.end) end = wholeCharacters(text, fits.end + 2);
    if (end <= fits.end || end >= exceeds.end) return text.slice(0, fits.end);
    const probe = { end, tokens: await count(text.slice(0, end)) };
    if (probe.tokens <= tokens) fits = probe;
    else exceeds = probe;
  }
}

const BLOCK_CHARACTERS = 32_768;

/**
 * The same as {@link longestPrefix}, with fewer long texts to count: blocks are counted while they fit, only the first that
 * does not is searched, and the whole result is counted once. If that is not the sum of its blocks, the tokenizer does not
 * cut where we do, and the whole is searched from there.
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
  // A single block is the whole, already counted.
  if (end <= BLOCK_CHARACTERS || (await count(prefix)) === counted) return prefix;
  return longestPrefix(text, tokens, count, end);
}
