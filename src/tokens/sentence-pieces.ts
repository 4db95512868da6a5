import { type PretokenTokenizer, remembering } from "./pretokens.js";

/** SentencePiece's mark for a space. */
const SPACE = "▁";

/** Between a character that is no space and a space. */
const SPACE_BOUNDARY = /(?<=[^ ])(?= )/;

/**
 * Pretokens for SentencePiece models written as BPE (Llama 2, Mistral), which have no pre-tokenizer and so take one long text
 * as one word. Where no token of the vocabulary has its mark for a space behind another character, no merge goes across a
 * word's beginning, and words can be encoded one by one, each once. Null for another vocabulary.
 *
 * The tokenizer puts a mark before every text, so a word gives its own space up for it.
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
