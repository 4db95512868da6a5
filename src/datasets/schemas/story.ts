import type { Passage } from "../../domain/records/example.js";

/** About 512 tokens, CacheBlend's size of a chunk. */
const PIECE = 2_000;

/**
 * Cuts a story into pieces that can be cached separately: after a paragraph, else a line, a sentence or a word that ends in a
 * piece's second half; joined, the pieces are the story again.
 *
 * @param maximum characters of a piece
 * @example storyPassages("One.").length // 1
 */
export function storyPassages(story: string, most = PIECE): Passage[] {
  const texts: string[] = [];
  for (let rest = story; rest !== ""; ) {
    const piece = rest.length <= most ? rest : rest.slice(0, endOf(rest, most));
    rest = rest.slice(piece.length);
    // A blank piece would not be a chunk, and its line breaks would be lost.
    if (piece.trim() === "" && texts.length > 0) texts[texts.length - 1] += piece;
    else texts.push(piece);
  }
  return texts.map((text) => ({ title: null, text }));
}

const SEAMS = [/\n[ \t]*\n\s*/g, /\n/g, /[.!?]["'”’)]*\s+/g, /\s+/g];

function endOf(text: string, most: number): number {
  const half = text.slice(0, most);
  for (const seam of SEAMS) {
    const last = [...half.matchAll(seam)].at(-1);
    const end = last === undefined ? 0 : last.index + last[0].length;
    if (end > most / 2) return end;
  }
  // Never inside a character of two code units.
  return /[\ud800-\udbff]$/.test(half) ? most - 1 : most;
}
