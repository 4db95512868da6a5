import { JSDOM } from "jsdom";
import type { Figure } from "../../src/charts/layout/figure.js";
import { type Box, textBox } from "../../src/charts/layout/text-box.js";
import { staticSvg } from "../../src/charts/static-svg.js";

/** A text of a drawn picture and where it stands. */
export interface DrawnText extends Box {
  readonly text: string;
}

/** All texts of a figure as it is drawn, by the widths of the font that it is drawn with. */
export async function drawnTexts(figure: Figure): Promise<DrawnText[]> {
  const { document } = new JSDOM(await staticSvg(figure), { contentType: "image/svg+xml" }).window;
  return [...document.querySelectorAll("text")].flatMap((text) => {
    const own = textBox(text);
    if (own === null) return [];
    let box = tight(own);
    for (let at = text.parentElement; at !== null; at = at.parentElement)
      box = movedBy(box, at.getAttribute("transform") ?? "");
    return [{ ...(isCut(box, text.closest(".legend")) ? OUTSIDE : box), text: text.textContent ?? "" }];
  });
}

const OUTSIDE: Box = { left: -1e6, top: -1e6, width: 1, height: 1 };

/** Whether a legend, which Plotly clips to its own box, cuts a text in it. */
function isCut({ left, top, width, height }: Box, legend: Element | null): boolean {
  if (legend === null) return false;
  const { left: x, top: y } = movedBy(
    { left: 0, top: 0, width: 0, height: 0 },
    legend.getAttribute("transform") ?? "",
  );
  const [w, h] = ["width", "height"].map((side) =>
    Number(legend.querySelector("rect.bg")!.getAttribute(side)),
  );
  return left < x - 1 || top < y - 1 || left + width > x + w! + 1 || top + height > y + h! + 1;
}

/** A line's box is higher than its letters: by a fifth above, and a little below. */
const tight = ({ left, top, width, height }: Box): Box => {
  const [across, up] = width < height && width < 25 ? [0.1 * width, 0] : [0, 0.1 * Math.min(height, 18)];
  return { left: left + across, top: top + up, width: width - 2 * across, height: height - 2 * up };
};

/** After the translations and quarter turns of a group. */
function movedBy(box: Box, transform: string): Box {
  let moved = { ...box };
  for (const [, name, list] of [...transform.matchAll(/(\w+)\(([^)]*)\)/g)].reverse()) {
    const [a = 0, b = 0, c = 0] = list!.split(/[\s,]+/).map(Number);
    if (name === "translate") moved = { ...moved, left: moved.left + a, top: moved.top + b };
    else if (name === "rotate" && a === 90)
      moved = {
        left: b - (moved.top - c) - moved.height,
        top: c + (moved.left - b),
        width: moved.height,
        height: moved.width,
      };
    else if (a !== 0 && !(name === "scale" && a === 1)) throw new Error(`${name}(${list})`);
  }
  return moved;
}

/** What is wrong with the places of texts: outside the page, or on each other. */
export function faultsOf(figure: Figure, texts: readonly DrawnText[]): string[] {
  const { width, height } = figure.layout as { width: number; height: number };
  const outside = texts.filter(
    (one) =>
      one.left < -0.5 ||
      one.top < -0.5 ||
      one.left + one.width > width + 0.5 ||
      one.top + one.height > height + 0.5,
  );
  const pairs = texts.flatMap((a, i) => texts.slice(i + 1).map((b) => [a, b] as const));
  return [
    ...outside.map((one) => `outside ${width} × ${height}: ${shown(one)}`),
    ...pairs.filter(([a, b]) => meet(a, b)).map(([a, b]) => `${shown(a)} meets ${shown(b)}`),
  ];
}

const meet = (a: Box, b: Box): boolean =>
  Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left) > 1 &&
  Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top) > 1;

const shown = ({ text, left, top, width, height }: DrawnText): string =>
  `${JSON.stringify(text)} at ${[left, top, width, height].map((value) => value.toFixed(0)).join(" ")}`;
