import stringWidth from "string-width";

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The columns of a terminal that a text takes. */
export const displayWidth = (text: string): number => stringWidth(text);

/** Spaces added to the right (`left`-aligned text) or to the left, up to a width. */
export function pad(text: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return align === "left" ? text + space : space + text;
}

/** A text cut to a width, with "…" if something was cut. */
export function shorten(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = "";
  let used = 1;
  for (const { segment } of graphemes.segment(text)) {
    used += displayWidth(segment);
    if (used > width) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

/**
 * The smallest width, from `least` to `most`, at which different texts stay different when cut: two models under one label
 * differ at their end.
 *
 * @example tellingWidth(["vLLM · llama-8b", "vLLM · llama-70b"], 8, 40) // 15
 */
export function tellingWidth(texts: readonly string[], least: number, most: number): number {
  const distinct = [...new Set(texts)];
  for (let width = least; width < most; width++) {
    if (new Set(distinct.map((text) => shorten(text, width))).size === distinct.length) return width;
  }
  return Math.max(least, most);
}

/** Spaces at which no line ends: within an interval, before it, between a number and what it counts, beside a sign. */
const KEPT = [
  /(?<=\[[−\d][^[\]]{0,40}) (?=[^[\]]{0,40}\])/gu,
  /(?<=\d) (?=\[[−\d])/gu,
  /(?<=(?:^|[ ([])[−\d][\d.,]*) (?=[\p{L}%])/gu,
  /(?<=[×≤≥=±]) (?=[−\d])/gu,
  / (?=[≤≥=±][ \u00a0][−\d])/gu,
];
const KEEPING = "\u00a0";

/**
 * Lines of at most that many columns, broken at spaces; numbers stay with their units and intervals.
 *
 * @example wrap("sooner by × 1.89 [1.41, 2.18] at most", 16) // ["sooner by", "× 1.89 [1.41, 2.18]", "at most"]
 */
export function wrap(text: string, width: number): string[] {
  const joined = KEPT.reduce((kept, space) => kept.replace(space, KEEPING), text);
  return packed(
    joined.split(" ").map((word) => ({ text: word, space: " " })),
    width,
  ).map((line) => line.replaceAll(KEEPING, " "));
}

/**
 * A name in lines of at most that many columns: broken at spaces, a longer word after `/`, `-`, `_` or `:`, and only what is longer
 * still between letters.
 *
 * @example fold("meta-llama/Llama-3.1 on A40", 12) // ["meta-llama/", "Llama-3.1 on", "A40"]
 */
export function fold(text: string, width: number): string[] {
  const parts = text
    .split(" ")
    .flatMap((word) => withSpace(fits(word, width) ? [word] : word.split(/(?<=[/\-_:])/u)))
    .flatMap(({ text: part, space }) =>
      withSpace(
        fits(part, width) ? [part] : [...graphemes.segment(part)].map(({ segment }) => segment),
        space,
      ),
    );
  return packed(parts, width);
}

/** A part of a line, and what stands before it where the line has begun. */
interface Part {
  readonly text: string;
  readonly space: string;
}

const withSpace = (parts: readonly string[], space = " "): Part[] =>
  parts.map((text, index) => ({ text, space: index === 0 ? space : "" }));

const fits = (text: string, width: number): boolean => displayWidth(text) <= width;

/** As many parts on each line as fit. */
function packed(parts: readonly Part[], width: number): string[] {
  const lines: string[] = [];
  for (const { text, space } of parts) {
    const last = lines.at(-1);
    if (last !== undefined && fits(last + space + text, width)) lines[lines.length - 1] = last + space + text;
    else lines.push(text);
  }
  return lines;
}
