import { largest, smallest } from "../../domain/extremes.js";
import { placeOn } from "./axis-range.js";
import { escapePlotly, unescapePlotly } from "./escape-plotly.js";
import type { Fields } from "./figure.js";
import { linesOf } from "./lines.js";
import { textWidth } from "./text-box.js";

/** What says which line is which: names at the ends of the lines, or a legend below the plot. */
export interface Key {
  readonly data: readonly Fields[];
  readonly layout: Fields;
  readonly annotations: readonly Fields[];
  /** The room it needs, in pixels. */
  readonly right: number;
  readonly below: number;
}

/** The plot that names stand beside. */
export interface KeyedPlot {
  readonly axis: Fields;
  readonly range: readonly [number, number];
  readonly height: number;
}

/** The most of a picture's width that names beside the plot may take. */
const MOST_BESIDE = 0.3;
/** Between the ends of two named lines, in font sizes. */
const ENDS_APART = 1.35;
/** From a line's end to its name. */
const TO_NAME = 6;

const namedOf = (data: readonly Fields[]): readonly Fields[] =>
  data.filter(({ name, showlegend }) => typeof name === "string" && showlegend !== false);

/**
 * Names at the ends of lines that end apart from each other, at the same place; null where they don't, or where a name is long.
 */
export function namesAtEnds(
  data: readonly Fields[],
  { axis, range, height }: KeyedPlot,
  { width, fontSize }: { readonly width: number; readonly fontSize: number },
): Key | null {
  const named = namedOf(data);
  const ends = named.map(({ name, mode, x, y }) => {
    const [xs, ys] = [x, y] as readonly (readonly number[])[];
    const isLine = String(mode).includes("lines") && xs!.length > 1;
    return isLine ? { name: unescapePlotly(name as string), x: xs!.at(-1)!, y: ys!.at(-1)! } : null;
  });
  if (ends.length === 0 || !ends.every((end) => end !== null)) return null;
  const right = TO_NAME + largest(ends.map(({ name }) => textWidth(name, fontSize)));
  const atOnce = largest(ends.map(({ x }) => x)) === smallest(ends.map(({ x }) => x));
  const heights = ends.map(({ y }) => height * placeOn(axis, range, y)).sort((a, b) => a - b);
  const apart = heights.every((at, i) => i === 0 || at - heights[i - 1]! >= ENDS_APART * fontSize);
  const inside = heights.every((at) => Number.isFinite(at) && at >= 0 && at <= height);
  if (!atOnce || !apart || !inside || right > MOST_BESIDE * width) return null;
  return {
    data: data.map((trace) => ({ ...trace, showlegend: false })),
    layout: { showlegend: false },
    annotations: ends.map(({ name, y }) => ({
      text: escapePlotly(name),
      ...{ xref: "paper", x: 1, xanchor: "left", xshift: TO_NAME, showarrow: false, align: "left" },
      ...{ yref: "y", y: axis.type === "log" ? Math.log10(y) : y, yanchor: "middle", borderpad: 0 },
    })),
    right,
    below: 0,
  };
}

/** The width of a legend's sample with the gaps around it, and of its rows beside their text, as Plotly spaces them. */
const SAMPLE = 46;
const LINE = 1.3;
const ROW_GAP = 3;
const AROUND = 12;
/** The share of the plot's width that is there in any case: how wide its labels are, Plotly finds out only when it draws them. */
const SURE = 0.94;
/** The most lines of a name. */
const MOST_LINES = 3;

/**
 * A legend below the plot, in as many columns as the longest name allows; a name that is longer than the plot has several lines.
 *
 * @param frame with the plot's width, which Plotly gives to a legend's rows.
 */
export function legendBelow(
  data: readonly Fields[],
  { plotWidth, fontSize }: { readonly plotWidth: number; readonly fontSize: number },
): Key {
  const width = SURE * plotWidth;
  const room = width - SAMPLE;
  const linesFor = (name: unknown) => linesOf(unescapePlotly(String(name)), room, fontSize, MOST_LINES);
  const names = namedOf(data).map(({ name }) => linesFor(name));
  const widths = names.map((lines) => SAMPLE + largest(lines.map((line) => textWidth(line, fontSize))));
  const inOneRow = widths.reduce((sum, one) => sum + one, 0) <= width;
  const columns = inOneRow ? names.length : Math.max(1, Math.floor(width / largest(widths)));
  const rows = Array.from({ length: Math.ceil(names.length / Math.max(1, columns)) }, (_, row) =>
    largest(names.slice(row * columns, (row + 1) * columns).map((lines) => lines.length)),
  );
  const height = rows.reduce((sum, lines) => sum + Math.max(16, LINE * fontSize * lines) + ROW_GAP, 0);
  return {
    data: data.map((trace) =>
      typeof trace.name === "string"
        ? { ...trace, name: linesFor(trace.name).map(escapePlotly).join("<br>") }
        : trace,
    ),
    layout: {
      showlegend: names.length > 0,
      legend: {
        ...{ orientation: "h", x: 0, xref: "container", xanchor: "left", tracegroupgap: 0 },
        ...{ y: 0, yref: "container", yanchor: "bottom", font: { size: fontSize } },
        // Plotly would give it half the picture at most, and hide the rest behind a scroll bar.
        maxheight: Math.ceil(2 * (height + AROUND)),
      },
    },
    annotations: [],
    right: 0,
    below: names.length === 0 ? 0 : height + AROUND,
  };
}
