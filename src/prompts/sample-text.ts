import type { Random } from "../stats/random.js";

const PIECE_CHARACTERS = 200;

/**
 * About `characters` characters of a text: pieces from random places of it, so that it has the text's own words and no
 * part of it long enough to be found again in a cache.
 */
export function sampleText(random: Random, text: string, characters: number): string {
  const pieces: string[] = [];
  for (let length = 0; length < characters; length += PIECE_CHARACTERS) {
    const begin = random.int(Math.max(1, text.length - PIECE_CHARACTERS));
    // Half a character is none.
    const piece = text
      .slice(begin, begin + PIECE_CHARACTERS)
      .replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, "");
    // From one space to another, where there are any: half a word has tokens of its own.
    pieces.push(/^\S*\s(.*)\s\S*$/s.exec(piece)?.[1] ?? piece);
  }
  return pieces.join(" ");
}
