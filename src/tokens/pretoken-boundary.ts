/**
 * Where the pre-tokenizers of byte-level BPE (GPT, Llama 3, Qwen, DeepSeek, Tekken) all end a word: between a letter or
 * digit and a single space or CJK mark that a letter follows. Their patterns take that space or mark with the word after.
 */
const BOUNDARY = /(?<=[\p{L}\p{N}])(?=[ ，。、；：！？]\p{L})/u;
const EVERY_BOUNDARY = new RegExp(BOUNDARY, "gu");

/** A text cut at every such place. */
export function wordsOf(text: string): string[] {
  return text === "" ? [] : text.split(BOUNDARY);
}

/** A text cut at such places into blocks of at least so many characters, where it has them. */
export function* blocksOf(text: string, characters: number): Iterable<string> {
  let start = 0;
  while (start < text.length) {
    EVERY_BOUNDARY.lastIndex = start + characters;
    const boundary = start + characters < text.length ? EVERY_BOUNDARY.exec(text) : null;
    const end = boundary?.index ?? text.length;
    yield text.slice(start, end);
    start = end;
  }
}
