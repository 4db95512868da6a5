import { JSDOM } from "jsdom";
import { oneLine } from "../../charts/layout/lines.js";
import { textWidth } from "../../charts/layout/text-box.js";
import { largest } from "../../domain/extremes.js";
import type { ChartValue } from "./chart-values.js";

/** The type of the words, the space around them, and how near a pointer must come. */
const [SIZE, PADDING, NEAR] = [12, 7, 9];
const LINE = 1.35 * SIZE;

/**
 * A picture whose points say what they are when a pointer comes near: label, place, value with its unit, interval and n, by style
 * alone, without a script. Every trace with words must be drawn with a marker for each point.
 *
 * @param values of each trace, by its axes.
 */
export function withHover(
  svg: string,
  traces: readonly { readonly subplot: string; readonly values: readonly ChartValue[] }[],
): string {
  const { window } = new JSDOM(svg, { contentType: "image/svg+xml" });
  const { document } = window;
  const root = document.documentElement;
  const layer = document.createElementNS(SVG, "g");
  layer.setAttribute("class", "hover");
  const size = { width: Number(root.getAttribute("width")), height: Number(root.getAttribute("height")) };
  for (const subplot of new Set(traces.map((trace) => trace.subplot))) {
    const own = traces.filter((trace) => trace.subplot === subplot);
    const drawn = document.querySelectorAll(`.subplot.${subplot} .scatterlayer > .trace`);
    for (const [place, { values }] of own.entries()) {
      const points = drawn[place]?.querySelectorAll(".points > .point") ?? [];
      if (points.length !== values.length) continue;
      for (const [n, point] of [...points].entries())
        layer.append(spot(document, placeOf(point), values[n]!, size));
    }
  }
  root.append(layer);
  return new window.XMLSerializer().serializeToString(root);
}

const SVG = "http://www.w3.org/2000/svg";

/** Where a point stands in the picture, by the translations of all its groups. */
function placeOf(point: Element): { readonly x: number; readonly y: number } {
  let [x, y] = [0, 0];
  for (let at: Element | null = point; at !== null; at = at.parentElement) {
    const [, dx, dy] =
      /translate\(([-\d.e]+)[\s,]+([-\d.e]+)\)/.exec(at.getAttribute("transform") ?? "") ?? [];
    x += Number(dx ?? 0);
    y += Number(dy ?? 0);
  }
  return { x, y };
}

/** A place that a pointer finds, and the words beside it, inside the picture. */
function spot(
  document: Document,
  { x, y }: ReturnType<typeof placeOf>,
  { name, x: at, y: value, interval, n }: ChartValue,
  size: { readonly width: number; readonly height: number },
): Element {
  const made = (tag: string, attributes: Readonly<Record<string, string | number>>, text = "") => {
    const element = document.createElementNS(SVG, tag);
    for (const [key, own] of Object.entries(attributes)) element.setAttribute(key, String(own));
    element.textContent = text;
    return element;
  };
  const lines = [name, at, value, interval, n === null ? null : `n = ${n}`]
    .filter((line) => line !== null)
    .map((line) => oneLine(line, size.width - 2 * PADDING, SIZE));
  const width = largest(lines.map((line) => textWidth(line, SIZE))) + 2 * PADDING;
  const height = LINE * lines.length + 2 * PADDING;
  const left = Math.max(0, Math.min(x + NEAR, size.width - width));
  const top = Math.max(0, y - NEAR - height < 0 ? y + NEAR : y - NEAR - height);
  const words = made("text", { "font-size": SIZE, "font-family": "Arial, Helvetica, sans-serif" });
  for (const [i, line] of lines.entries()) {
    const foot = { x: left + PADDING, y: top + PADDING + LINE * (i + 0.75) };
    const width = { textLength: textWidth(line, SIZE), lengthAdjust: "spacingAndGlyphs" };
    words.append(made("tspan", { ...foot, ...width }, line));
  }
  const tip = made("g", { class: "tip" });
  tip.append(made("rect", { x: left, y: top, width, height, rx: 4 }), words);
  const group = made("g", { class: "point-words" });
  group.append(made("circle", { cx: x, cy: y, r: NEAR, "fill-opacity": 0 }), tip);
  return group;
}
