import { largest } from "../domain/extremes.js";
import type { Figure } from "./figure.js";
import { textWidth } from "./text-box.js";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Units of a drawing per point of paper. Plotly spaces a legend's lines and places titles for type of 12 pixels; drawn larger
 * and printed smaller, they fit type of 7.5 pt.
 */
export const UNITS_PER_POINT = 1.6;

const points = (size: number): number => size * UNITS_PER_POINT;
const FONT = points(7.5);

/** Symbols that can be distinguished in grey and at a marker's size in print. */
const SYMBOLS = [
  "circle",
  "square",
  "diamond",
  "triangle-up",
  "cross",
  "x",
  "triangle-down",
  "star",
] as const;

/**
 * A figure as a paper prints it: sans-serif type of 7.5 pt, lines of 1 pt, a marker of its own for every colour, so that
 * labels differ in grey print, the legend below, and no title, because the caption below a figure says that
 * (`chart.caption`).
 *
 * The layout's size is in units of which {@link UNITS_PER_POINT} make a point.
 *
 * @param widthPoints on paper.
 * @param heightPoints default five eighths of the width, and room for the legend.
 */
export function printFigure({ data, layout }: Figure, widthPoints: number, heightPoints?: number): Figure {
  const width = points(widthPoints);
  const symbolOf = symbols();
  const traces = data.map((trace) => printTrace(trace, symbolOf));
  const names = traces.flatMap(({ name, showlegend }) =>
    typeof name === "string" && showlegend !== false ? [name] : [],
  );
  // Words beside the plot, such as the names of panels, need room of their own.
  const words = (layout.annotations ?? []) as readonly Fields[];
  const margin = {
    l: 64,
    r: words.some(({ textangle }) => textangle === 90) ? 32 : 16,
    t: words.some(({ yanchor }) => yanchor === "bottom") ? 28 : 10,
  };
  const legend = layout.showlegend === false ? 0 : legendHeight(names, width - margin.l - margin.r);
  return {
    data: traces,
    layout: {
      ...layout,
      width,
      height: heightPoints === undefined ? Math.round(width * 0.625 + legend) : points(heightPoints),
      title: undefined,
      font: { ...(layout.font as Fields), size: FONT, color: "#000000" },
      margin: { ...margin, b: 54 + legend },
      legend: {
        orientation: "h",
        x: 0,
        xanchor: "left",
        y: 0,
        yref: "container",
        yanchor: "bottom",
        tracegroupgap: 0,
        font: { size: FONT },
      },
      ...(words.length > 0 && {
        annotations: words.map((one) => ({ ...one, font: { ...(one.font as Fields), size: FONT } })),
      }),
      ...Object.fromEntries(
        Object.entries(layout)
          .filter(([name]) => /^[xy]axis\d*$/.test(name))
          .map(([name, axis]) => [name, printAxis(axis as Fields)]),
      ),
    },
  };
}

function printTrace(trace: Fields, symbolOf: (color: string, symbol: string) => string): Fields {
  const { line, marker, error_y, legendgroup: _group, ...rest } = trace as Readonly<Record<string, Fields>>;
  return {
    ...rest,
    ...(line !== undefined && { line: { ...line, width: points(1) } }),
    ...(marker !== undefined && { marker: printMarker(marker, symbolOf) }),
    ...(error_y !== undefined && { error_y: { ...error_y, thickness: points(0.6), width: points(1.5) } }),
  };
}

function printMarker(marker: Fields, symbolOf: (color: string, symbol: string) => string): Fields {
  const symbol = symbolOf(String(marker.color), String(marker.symbol ?? "circle"));
  const outline = symbol.endsWith("-open") ? points(0.75) : 0;
  return { ...marker, size: points(4.5), symbol, line: { width: outline } };
}

function printAxis(axis: Fields): Fields {
  return {
    ...axis,
    title: { ...(axis.title as Fields), font: { size: FONT } },
    linewidth: points(0.5),
    gridwidth: points(0.3),
    tickwidth: points(0.5),
    ticklen: points(2.5),
    linecolor: "#000000",
    tickcolor: "#000000",
  };
}

/** Gives each colour a symbol of its own in order of appearance, and keeps hollow ones hollow. */
function symbols(): (color: string, symbol: string) => string {
  const places = new Map<string, number>();
  return (color, symbol) => {
    const hollow = symbol.endsWith("-open");
    const key = `${color} ${symbol.replace(/-open$/, "")}`;
    const place = places.get(key) ?? places.size;
    places.set(key, place);
    return `${SYMBOLS[place % SYMBOLS.length]!}${hollow ? "-open" : ""}`;
  };
}

/** The height of a legend's line, as Plotly spaces them, and the width of its sample. */
const LEGEND_LINE = 19;
const LEGEND_SAMPLE = 45;

/** The height of a legend: all names on one line, or in as many columns as the longest allows. */
function legendHeight(names: readonly string[], width: number): number {
  if (names.length === 0) return 0;
  const widths = names.map((name) => textWidth(name, FONT) + LEGEND_SAMPLE);
  const fitsOneLine = widths.reduce((sum, one) => sum + one, 0) <= width;
  const columns = fitsOneLine ? names.length : Math.max(1, Math.floor(width / largest(widths)));
  return Math.ceil(names.length / columns) * LEGEND_LINE + 8;
}
