import type { Fields, Figure, Sketch } from "./figure.js";
import { fitted } from "./fitted.js";

/**
 * Units of a drawing per point of paper. Plotly spaces a legend's lines for type of 12 pixels; drawn larger and printed
 * smaller, they fit type of 7.5 pt.
 */
export const UNITS_PER_POINT = 1.6;

const points = (size: number): number => size * UNITS_PER_POINT;

/**
 * A sketch as a paper prints it: sans-serif type of 7.5 pt, lines of 1 pt, black axes, and no title, because the caption below a
 * figure says that (`chart.caption`).
 *
 * The layout's size is in units of which {@link UNITS_PER_POINT} make a point.
 *
 * @param widthPoints on paper.
 * @param heightPoints default what the plot and its legend need.
 */
export function printFigure(sketch: Sketch, widthPoints: number, heightPoints?: number): Figure {
  const { data, layout } = fitted(sketch, {
    width: points(widthPoints),
    ...(heightPoints !== undefined && { height: points(heightPoints) }),
    fontSize: points(7.5),
    titleSize: null,
  });
  return {
    data: data.map(printTrace),
    layout: {
      ...layout,
      font: { ...(layout.font as Fields), color: "#000000" },
      ...Object.fromEntries(
        Object.entries(layout)
          .filter(([name]) => /^[xy]axis\d*$/.test(name))
          .map(([name, axis]) => [name, { ...(axis as Fields), ...AXIS }]),
      ),
    },
  };
}

const AXIS = {
  linewidth: points(0.5),
  gridwidth: points(0.3),
  tickwidth: points(0.5),
  ticklen: points(2.5),
  linecolor: "#000000",
  tickcolor: "#000000",
} as const;

function printTrace(trace: Fields): Fields {
  const { line, marker, error_y, ...rest } = trace as Readonly<Record<string, Fields>>;
  return {
    ...rest,
    ...(line !== undefined && { line: { ...line, width: points(1) } }),
    ...(marker !== undefined && { marker: printMarker(marker) }),
    ...(error_y !== undefined && { error_y: { ...error_y, thickness: points(0.6), width: points(1.5) } }),
  };
}

/** A marker as large as on the screen beside one of 7 pixels there, and outlined where it is hollow. */
function printMarker({ size = 7, symbol, line, ...marker }: Fields): Fields {
  const outlineOf = (one: unknown) => (String(one).endsWith("-open") ? points(0.75) : 0);
  const outline = Array.isArray(symbol) ? symbol.map(outlineOf) : outlineOf(symbol);
  return {
    ...{ ...marker, symbol, size: ((size as number) / 7) * points(4.5) },
    line: { ...(line as Fields), width: outline },
  };
}
