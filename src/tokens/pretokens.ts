import { longestPrefix } from "./text-cuts.js";

/**
 * A tokenizer on this machine, with the positions where a text may be cut without changing its tokens: encoding the pretokens
 * one by one then gives the ids of the whole.
 */
export interface PretokenTokenizer {
  /** The pretokens of a text, in order; joined they are the text. */
  pretokens(text: string): Iterable<string>;
  /** The ids of one pretoken; `isFirst` for the one a text begins with. */
  encode(pretoken: string, isFirst: boolean): readonly number[];
}

/** The ids of a text. */
export function encodePretokens(tokenizer: PretokenTokenizer, text: string): number[] {
  const ids: number[] = [];
  let isFirst = true;
  for (const pretoken of tokenizer.pretokens(text)) {
    for (const id of tokenizer.encode(pretoken, isFirst)) ids.push(id);
    isFirst = false;
  }
  return ids;
}

/** The number of a text's tokens. */
export function countPretokens(tokenizer: PretokenTokenizer, text: string): number {
  let count = 0;
  let isFirst = true;
  for (const pretoken of tokenizer.pretokens(text)) {
    count += tokenizer.encode(pretoken, isFirst).length;
    isFirst = false;
  }
  return count;
}

/**
 * The longest prefix of at most `tokens` tokens, whole characters only: pretokens are added while they fit, and only the
 * first that does not is searched, so a text is encoded about once and not beyond its budget.
 */
export async function truncatePretokens(
  tokenizer: PretokenTokenizer,
  text: string,
  tokens: number,
): Promise<string> {
  let end = 0;
  let left = tokens;
  for (const pretoken of tokenizer.pretokens(text)) {
    const isFirst = end === 0;
    const count = tokenizer.encode(pretoken, isFirst).length;
    if (count > left) {
      const part = await longestPrefix(
        pretoken,
        left,
        async (prefix) => tokenizer.encode(prefix, isFirst).length,
      );
      return text.slice(0, end) + part;
    }
    left -= count;
    end += pretoken.length;
  }
  return text;
}

/** Number of words cached; natural text has far fewer different ones. */
const MOST_WORDS = 200_000;
const LONGEST_WORD = 64;

/** An encoder that encodes each short pretoken once, because natural text has few different words. */
export function remembering(
  encode: (pretoken: string) => readonly number[],
): (pretoken: string) => readonly number[] {
  const words = new Map<string, readonly number[]>();
  return (pretoken) => {
    const known = words.get(pretoken);
    if (known !== undefined) return known;
    const ids = encode(pretoken);
    if (pretoken.length <= LONGEST_WORD && words.size < MOST_WORDS) words.set(pretoken, ids);
    return ids;
  };
}

/** SentencePiece's mark for a space. */
const SPACE = "▁";

/** Between a character other than a space and a space. */
const SPACE_BOUNDARY = /(?<=[^ ])(?= )/;

/**
 * Pretokens for SentencePiece models written as BPE (Llama 2, Mistral), which have no pre-tokenizer and so treat a long text
 * as one word. If no token of the vocabulary has its mark for a space after another character, no merge crosses the beginning
 * of a word, and words can be encoded one by one, each once. Null for any other vocabulary.
 *
 * The tokenizer puts a mark before every text, so a word's own space is removed.
 */
export function sentencePieces(
  vocabulary: ReadonlyMap<string, number>,
  encode: (text: string) => readonly number[],
): PretokenTokenizer | null {
  const mark = vocabulary.get(SPACE);
  if (mark === undefined) return null;
  for (const token of vocabulary.keys()) if (/[^▁]▁/.test(token)) return null;
  const inside = remembering((pretoken) => (pretoken === " " ? [mark] : encode(pretoken.slice(1))));
  return {
    pretokens: (text) => (text === "" ? [] : text.split(SPACE_BOUNDARY)),
    encode: (pretoken, isFirst) =>
      isFirst || !pretoken.startsWith(" ") ? encode(pretoken) : inside(pretoken),
  };
}
