import { longestPrefix } from "./longest-prefix.js";

/**
 * A tokenizer on this machine, with the places where a text may be cut without changing its tokens: encoding the pieces
 * one by one then gives the ids of the whole.
 */
export interface PieceTokenizer {
  /** The pieces of a text, in order; joined they are the text. */
  pieces(text: string): Iterable<string>;
  /** The ids of one piece; `isFirst` for the one a text begins with. */
  encode(piece: string, isFirst: boolean): readonly number[];
}

/** The ids of a text. */
export function encodePieces(tokenizer: PieceTokenizer, text: string): number[] {
  const ids: number[] = [];
  let isFirst = true;
  for (const piece of tokenizer.pieces(text)) {
    for (const id of tokenizer.encode(piece, isFirst)) ids.push(id);
    isFirst = false;
  }
  return ids;
}

/** The number of a text's tokens. */
export function countPieces(tokenizer: PieceTokenizer, text: string): number {
  let count = 0;
  let isFirst = true;
  for (const piece of tokenizer.pieces(text)) {
    count += tokenizer.encode(piece, isFirst).length;
    isFirst = false;
  }
  return count;
}

/**
 * The longest prefix of at most `tokens` tokens, whole characters only: pieces are added while they fit, and only the one
 * that does not is searched, so a text is encoded about once and not beyond its budget.
 */
export async function truncatePieces(
  tokenizer: PieceTokenizer,
  text: string,
  tokens: number,
): Promise<string> {
  let end = 0;
  let left = tokens;
  for (const piece of tokenizer.pieces(text)) {
    const isFirst = end === 0;
    const count = tokenizer.encode(piece, isFirst).length;
    if (count > left) {
      const part = await longestPrefix(
        piece,
        left,
        async (prefix) => tokenizer.encode(prefix, isFirst).length,
      );
      return text.slice(0, end) + part;
    }
    left -= count;
    end += piece.length;
  }
  return text;
}

/** Words remembered; natural text has far fewer different ones. */
const MOST_WORDS = 200_000;
const LONGEST_WORD = 64;

/** An encoder that encodes each short piece once: natural text is made of few words. */
export function remembering(
  encode: (piece: string) => readonly number[],
): (piece: string) => readonly number[] {
  const words = new Map<string, readonly number[]>();
  return (piece) => {
    const known = words.get(piece);
    if (known !== undefined) return known;
    const ids = encode(piece);
    if (piece.length <= LONGEST_WORD && words.size < MOST_WORDS) words.set(piece, ids);
    return ids;
  };
}
