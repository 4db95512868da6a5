import type { ResvgRenderOptions } from "@resvg/resvg-js";
import { FirstTokenError } from "../domain/errors/errors.js";

/** The size of the letters that are tried, and that of the place of each, in pixels. */
const LETTER = 24;
const PLACE = { width: 3 * LETTER, height: 2 * LETTER };
/** A code point that never is a character, so that no font has a glyph for it. */
const NONE = String.fromCodePoint(0x10ffff);
/** Letters that every font has, and what takes no ink. */
const SURE = /^[\p{ASCII}\p{White_Space}\p{Default_Ignorable_Code_Point}]$/u;

/**
 * Refuses letters that none of these fonts has: resvg would draw a box, the same for each, or nothing.
 *
 * @throws FirstTokenError
 */
export async function requireGlyphs(
  words: string,
  font: NonNullable<ResvgRenderOptions["font"]>,
): Promise<void> {
  const letters = [...new Set(words)].filter((letter) => !SURE.test(letter));
  if (letters.length === 0) return;
  const { Resvg } = await import("@resvg/resvg-js");
  const tried = [NONE, " ", ...letters];
  const texts = tried.map(
    (letter, row) => `<text x="${LETTER}" y="${(row + 0.75) * PLACE.height}">${letter}</text>`,
  );
  const drawn = new Resvg(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${PLACE.width}" height="${PLACE.height * tried.length}" ` +
      `font-family="sans-serif" font-size="${LETTER}">${texts.join("")}</svg>`,
    { font },
  ).render().pixels;
  const bytes = 4 * PLACE.width * PLACE.height;
  const [box, nothing, ...places] = tried.map((_, row) => drawn.subarray(row * bytes, (row + 1) * bytes));
  sayLacking(
    letters.filter((_, row) => places[row]!.equals(box!) || places[row]!.equals(nothing!)),
    "No font on this machine has a glyph",
  );
}

/**
 * Refuses letters that fonts lack.
 *
 * @throws FirstTokenError
 */
export function sayLacking(lacking: readonly string[], none: string): void {
  if (lacking.length === 0) return;
  throw new FirstTokenError(
    `${none} for ${lacking.slice(0, 10).join(" ")}: give a font file that has one, --font FILE (font: "FILE"), or draw an SVG.`,
  );
}
