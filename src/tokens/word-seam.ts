/**
 * Where the pre-tokenizers of byte-level BPE (GPT, Llama 3, Qwen, DeepSeek, Tekken) all end a word: between a letter or
 * digit and a single space or CJK mark that a letter follows. Their patterns take that space or mark with the word after.
 */
const WORD_SEAM = /(?<=[\p{L}\p{N}])(?=[ ，。、；：！？]\p{L})/u;
const EVERY_WORD_SEAM = new RegExp(WORD_SEAM, "gu");

/** A text cut at every such place. */
export function wordsOf(text: string): string[] {
  return text === "" ? [] : text.split(WORD_SEAM);
}

/** A text cut at such places into blocks of at least so many characters, where it has them. */
export function* blocksOf(text: string, characters: number): Iterable<string> {
  let start = 0;
  while (start < text.length) {
    EVERY_WORD_SEAM.lastIndex = start + characters;
    const seam = start + characters < text.length ? EVERY_WORD_SEAM.exec(text) : null;
    const end = seam?.index ?? text.length;
    yield text.slice(start, end);
    start = end;
  }
}
