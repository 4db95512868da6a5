import { largest, smallest } from "../../domain/extremes.js";
import { displayWidth } from "../../tables/display-width.js";

/**
 * Widths of the characters from space to tilde in thousandths of the font size: Helvetica's, which Arial shares
 * (Adobe Core 14 AFM).
 */
const WIDTHS = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
  556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
  500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
  556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
  278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
] as const;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Line height over font size, as Plotly spaces its lines. */
const LINE = 1.3;

/** A box in pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The width of one line of Arial in pixels; other letters are estimated generously. */
export function textWidth(text: string, fontSize: number): number {
  let thousandths = 0;
  for (const { segment } of graphemes.segment(text)) {
    const width = WIDTHS[segment.codePointAt(0)! - 32];
    thousandths += width ?? (displayWidth(segment) === 2 ? 1000 : 600);
  }
  return (thousandths * fontSize) / 1000;
}

/** The box of a text or of all texts in a group, each placed by its x, y and transform; null without any text. */
export function textBox(element: Element): Box | null {
  const texts = element.localName === "text" ? [element] : [...element.querySelectorAll("text")];
  const boxes = texts.filter((text) => (text.textContent ?? "") !== "").map(boxOf);
  if (boxes.length === 0) return null;
  const left = smallest(boxes.map((box) => box.left));
  const top = smallest(boxes.map((box) => box.top));
  return {
    left,
    top,
    width: largest(boxes.map((box) => box.left + box.width)) - left,
    height: largest(boxes.map((box) => box.top + box.height)) - top,
  };
}

/** The lines of a text, each with its width: the element itself, or those it has been divided into. */
export function lineWidths(text: Element): (readonly [Element, number])[] {
  const size = fontSizeOf(text);
  const lines = [...text.children].filter((child) => child.getAttribute("class") === "line");
  return (lines.length > 0 ? lines : [text])
    .filter(({ textContent }) => (textContent ?? "") !== "")
    .map((line) => [line, textWidth(line.textContent ?? "", size)]);
}

function boxOf(text: Element): Box {
  const size = fontSizeOf(text);
  const lines = lineWidths(text);
  const width = largest(lines.map(([, own]) => own));
  const anchor = styleOf(text, "text-anchor") ?? "start";
  const shift = anchor === "middle" ? width / 2 : anchor === "end" ? width : 0;
  const left = Number(text.getAttribute("x") ?? 0) - shift;
  const top = Number(text.getAttribute("y") ?? 0) - size;
  const height = size * LINE * lines.length;
  return moved({ left, top, width, height }, text.getAttribute("transform") ?? "");
}

/** A box after the translations and rotations of a `transform`, the last of them first. */
function moved({ left, top, width, height }: Box, transform: string): Box {
  let corners = [
    [left, top],
    [left + width, top],
    [left, top + height],
    [left + width, top + height],
  ] as [number, number][];
  for (const [, name, list] of [...transform.matchAll(/(\w+)\(([^)]*)\)/g)].reverse()) {
    const [a = 0, b = 0, c = 0] = list!.split(/[\s,]+/).map(Number);
    if (name === "translate") corners = corners.map(([x, y]) => [x + a, y + b]);
    if (name === "rotate") {
      const [sine, cosine] = [Math.sin((a * Math.PI) / 180), Math.cos((a * Math.PI) / 180)];
      corners = corners.map(([x, y]) => [
        b + cosine * (x - b) - sine * (y - c),
        c + sine * (x - b) + cosine * (y - c),
      ]);
    }
  }
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const [x, y] = [smallest(xs), smallest(ys)];
  return { left: x, top: y, width: largest(xs) - x, height: largest(ys) - y };
}

function fontSizeOf(element: Element): number {
  const size = Number.parseFloat(styleOf(element, "font-size") ?? "");
  return Number.isFinite(size) ? size : 12;
}

/** A property from the element or the nearest ancestor that sets it. */
function styleOf(element: Element, property: string): string | undefined {
  for (let at: Element | null = element; at !== null; at = at.parentElement) {
    const own = (at as SVGElement).style?.getPropertyValue(property) || at.getAttribute(property);
    if (own) return own;
  }
  return undefined;
}
