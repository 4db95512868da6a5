import { largest } from "../domain/extremes.js";
import { median } from "../stats/quantile.js";
import { formatNumber } from "../tables/format.js";
import { Chart } from "./chart.js";
import { chartTitle, msAxis } from "./chart-frame.js";
import { escapePlotly } from "./layout/escape-plotly.js";
import type { Sketch } from "./layout/figure.js";
import { AXIS, styleOf } from "./style.js";
import { told } from "./told.js";

/** What stands at one place of the axis: its name, and the milliseconds of each series. */
export interface Place<K extends string = string> {
  readonly name: string;
  readonly ms: Readonly<Record<K, readonly number[]>>;
}

/** What a chart of rows shows. */
export interface RowsFrame<K extends string> {
  readonly title: string;
  readonly subtitle: string;
  /** The series, and how a legend names them. */
  readonly names: Readonly<Partial<Record<K, string>>>;
  /** Whether each value is a request, of which a bar shows the median, or a statistic. */
  readonly of: "requests" | "statistics";
  /** Why there would be no points. */
  readonly empty: string;
}

/** One row of points: a series at a place. */
interface Row {
  readonly series: number;
  readonly at: number;
  /** The number of its place. */
  readonly place: number;
  readonly ms: readonly number[];
}

/** Between the rows of two places, in rows. */
const GAP = 0.7;

/**
 * TTFTs as points, a row for each place and series, with the number in ms beside the row; of requests with a bar at their median. For
 * places that are names, or where lines of one point each would leave a plot empty.
 *
 * @param inPanels those lines, for a figure of several charts with common axes; default the rows.
 */
export function rowsChart<K extends string>(
  places: readonly Place<K>[],
  { title, subtitle, names, of, empty }: RowsFrame<K>,
  inPanels?: Sketch,
): Chart {
  const keys = (Object.keys(names) as K[]).filter((key) => places.some(({ ms }) => ms[key].length > 0));
  const rows = rowsOf(places, keys);
  const nameOf = (row: Row) => places[row.place]!.name;
  const data = keys.flatMap((key, index) => {
    const own = rows.filter(({ series }) => series === index).map((row) => ({ ...row, name: nameOf(row) }));
    const [points, medians] = traces(names[key]!, own, index);
    return of === "requests" ? [points, medians] : [points];
  });
  const last = largest([0, ...rows.map(({ at }) => at)]);
  // The name of the only place, or series, is said above.
  const isOnePlace = places.length === 1;
  const marks = isOnePlace
    ? rows.map(({ at, series }) => ({ at, name: names[keys[series]!]! }))
    : marksOf(rows, places);
  return new Chart({
    empty,
    data: isOnePlace || keys.length === 1 ? data.map((trace) => ({ ...trace, showlegend: false })) : data,
    layout: {
      title: chartTitle(title, isOnePlace ? `${places[0]!.name}; ${subtitle}` : subtitle),
      xaxis: msAxis(
        "TTFT",
        rows.flatMap(({ ms }) => ms),
      ),
      yaxis: {
        ...AXIS,
        ...{ showgrid: false, ticks: "", named: true, range: [last + 0.7, -0.7] },
        tickvals: marks.map(({ at }) => at),
        ticktext: marks.map(({ name }) => escapePlotly(name)),
      },
      annotations: rows.map(({ at, ms }) => ({
        text: formatNumber(median(ms)),
        ...{ xref: "paper", x: 1, xanchor: "left", xshift: 6, yref: "y", y: at, yanchor: "middle" },
        ...{ showarrow: false, borderpad: 0 },
      })),
    },
    lines: 1.9 * (last + 1.4),
    ...(inPanels !== undefined && { inPanels }),
  });
}

function rowsOf<K extends string>(places: readonly Place<K>[], keys: readonly K[]): Row[] {
  const rows: Row[] = [];
  let at = 0;
  for (const [place, { ms }] of places.entries()) {
    for (const [series, key] of keys.entries()) {
      if (ms[key].length > 0) rows.push({ series, at: at++, place, ms: ms[key] });
    }
    at += keys.length > 1 ? GAP : 0;
  }
  return rows;
}

/** The name of each place beside the middle of its rows. */
const marksOf = (rows: readonly Row[], places: readonly Place[]) =>
  places.flatMap(({ name }, place) => {
    const own = rows.filter((row) => row.place === place).map(({ at }) => at);
    return own.length === 0 ? [] : [{ name, at: (own[0]! + own.at(-1)!) / 2 }];
  });

function traces(series: string, rows: readonly (Row & { readonly name: string })[], index: number) {
  const name = escapePlotly(series);
  const { color, symbol } = styleOf(index);
  const points = rows.flatMap((row) => row.ms.map((value) => ({ row, value })));
  const medians = rows.map((row) => ({ row, value: median(row.ms) }));
  const words = (what: string, shown: typeof points, n: (row: Row) => number | undefined) =>
    told(
      shown.map(({ row, value }) => ({
        x: escapePlotly(row.name),
        y: `${what}${formatNumber(value)} ms`,
        n: n(row),
      })),
    );
  return [
    {
      ...{ type: "scatter", mode: "markers", name, legendgroup: name },
      x: points.map(({ value }) => value),
      y: points.map(({ row }) => row.at),
      ...words("", points, () => undefined),
      marker: { color, size: 8, symbol: `${symbol}-open` },
    },
    {
      ...{ type: "scatter", mode: "markers", name: `${name}, median`, legendgroup: name, showlegend: false },
      x: medians.map(({ value }) => value),
      y: medians.map(({ row }) => row.at),
      ...words("median ", medians, ({ ms }) => ms.length),
      marker: { color, size: 20, symbol: "line-ns-open", line: { width: 2.5, color } },
    },
  ] as const;
}
