import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Script } from "node:vm";
import { type DOMWindow, JSDOM, VirtualConsole } from "jsdom";
import { FirstTokenError } from "../domain/errors/errors.js";
import { random } from "../stats/random.js";
import type { Figure } from "./layout/figure.js";
import { lineWidths, textBox } from "./layout/text-box.js";

/** The part of Plotly's interface that is used. */
interface Plotly {
  toImage(figure: unknown, options: Readonly<Record<string, unknown>>): Promise<string>;
}

let program: Script | null = null;

/** Plotly's program, compiled once. */
function plotlyProgram(): Script {
  if (program === null) {
    const path = createRequire(import.meta.url).resolve("plotly.js-cartesian-dist-min");
    program = new Script(readFileSync(path, "utf8"), { filename: path });
  }
  return program;
}

/** A page that is not shown, with Plotly in it. */
interface Page {
  draw(figure: Figure): Promise<string>;
  close(): void;
}

/** Opening a page takes longer than drawing a figure, so it stays for the next one; memory is given back after these. */
const KEPT_OPEN_MS = 5_000;

/** Figures are drawn in one page, one after the other. */
let page: Page | null = null;
let closing: NodeJS.Timeout | undefined;
let waiting = 0;
let before: Promise<unknown> = Promise.resolve();

/**
 * A figure as a standalone SVG, drawn by Plotly in a page that is not shown.
 *
 * The page (jsdom) has no fonts and measures nothing, so text is measured by the widths of Arial's letters. Ids
 * come from the figure itself: the same figure gives the same SVG, and two on one page don't clip each other.
 */
export async function staticSvg(figure: Figure): Promise<string> {
  waiting++;
  clearTimeout(closing);
  const drawn = before.then(() => {
    page ??= openPage();
    return page.draw(figure);
  });
  before = drawn.then(
    () => {},
    () => {},
  );
  try {
    return await drawn;
  } catch (cause) {
    throw new FirstTokenError(`Plotly could not draw the figure: ${(cause as Error).message ?? cause}.`);
  } finally {
    waiting--;
    // A program that has nothing else to do ends at once.
    if (waiting === 0) closing = setTimeout(closePage, KEPT_OPEN_MS).unref();
  }
}

function closePage(): void {
  page?.close();
  page = null;
}

function openPage(): Page {
  const dom = new JSDOM("<!doctype html><body></body>", {
    runScripts: "outside-only",
    pretendToBeVisual: true,
    // The page's own console output (missing canvas) does not concern the reader.
    virtualConsole: new VirtualConsole(),
  });
  const { window } = dom;
  prepare(window);
  plotlyProgram().runInContext(dom.getInternalVMContext());
  const plotly = (window as unknown as { Plotly: Plotly }).Plotly;
  return {
    async draw(figure) {
      const plain = JSON.stringify(figure);
      const { width, height } = figure.layout;
      Object.assign(window.Math, { random: random(`plotly ids ${plain}`) });
      const svg = await plotly.toImage(JSON.parse(plain), {
        ...{ format: "svg", width, height, imageDataOnly: true },
      });
      return withTextLengths(svg, window);
    },
    close: () => window.close(),
  };
}

/** Every text is as wide as it was measured, whatever font the viewer has: a wider one would cut the legend. */
function withTextLengths(svg: string, window: DOMWindow): string {
  const root = new window.DOMParser().parseFromString(svg, "image/svg+xml");
  if (root.querySelector("parsererror") !== null) return svg;
  for (const text of root.querySelectorAll("text")) {
    for (const [line, width] of lineWidths(text)) {
      line.setAttribute("textLength", String(Math.round(width * 100) / 100));
      line.setAttribute("lengthAdjust", "spacingAndGlyphs");
    }
  }
  return new window.XMLSerializer().serializeToString(root);
}

/** Gives the page what Plotly needs from a browser and jsdom lacks. */
function prepare(window: DOMWindow): void {
  window.URL.createObjectURL = () => "";
  const box = function (this: Element): DOMRect {
    const { left, top, width, height } = textBox(this) ?? { left: 0, top: 0, width: 0, height: 0 };
    const sides = { left, top, width, height, x: left, y: top, right: left + width, bottom: top + height };
    return { ...sides, toJSON: () => sides };
  };
  Object.assign(window.Element.prototype, { getBoundingClientRect: box, getBBox: box });
}
