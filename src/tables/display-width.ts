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

/** Lines of at most that many columns, broken at spaces. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && displayWidth(last) + 1 + displayWidth(word) <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
