import { textWidth } from "./text-box.js";

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** No picture has room for more letters of one text. */
const MOST_LETTERS = 1_000;

/**
 * A text in lines of at most that many pixels, broken at spaces or, where a word is longer than a line, inside it; what does not
 * fit on the last line ends in "…".
 */
export function linesOf(
  text: string,
  width: number,
  fontSize: number,
  most = Number.POSITIVE_INFINITY,
): string[] {
  const fits = (line: string) => textWidth(line, fontSize) <= width;
  const lines: string[] = [];
  const shown = text.length > MOST_LETTERS ? `${whole(text.slice(0, MOST_LETTERS))}…` : text;
  for (const word of shown.split(" ").flatMap((one) => (fits(one) ? [one] : piecesOf(one, fits)))) {
    const joined = `${lines.at(-1) ?? ""} ${word}`.trimStart();
    if (lines.length > 0 && fits(joined)) lines[lines.length - 1] = joined;
    else lines.push(word);
  }
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), cut(lines.slice(most - 1).join(" "), fits)];
}

/** A text that fits on one line, with "…" where something was cut. */
export const oneLine = (text: string, width: number, fontSize: number): string =>
  linesOf(text, width, fontSize, 1)[0] ?? "";

/** A text without half of a pair of surrogates at its end. */
const whole = (text: string): string => text.replace(/[\ud800-\udbff]$/, "");

function piecesOf(word: string, fits: (piece: string) => boolean): string[] {
  const pieces: string[] = [""];
  for (const { segment } of graphemes.segment(word)) {
    if (pieces.at(-1) === "" || fits(pieces.at(-1)! + segment)) pieces[pieces.length - 1] += segment;
    else pieces.push(segment);
  }
  return pieces;
}

function cut(text: string, fits: (line: string) => boolean): string {
  let kept = "";
  for (const { segment } of graphemes.segment(text)) {
    if (!fits(`${kept}${segment}…`)) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}
