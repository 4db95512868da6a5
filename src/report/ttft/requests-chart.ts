import { Chart } from "../../charts/chart.js";
import { chartTitle, msAxis, toMs } from "../../charts/chart-frame.js";
import { escapePlotly } from "../../charts/layout/escape-plotly.js";
import { AXIS, styleOf } from "../../charts/style.js";
import { told } from "../../charts/told.js";
import { median } from "../../stats/quantile.js";
import { formatNumber } from "../../tables/format.js";
import type { StatedOrNot } from "./ttft-cell.js";

/** What stands at one place of the axis: its name, and the seconds of its requests by state. */
export interface Place {
  readonly name: string;
  readonly seconds: Readonly<Record<StatedOrNot, readonly number[]>>;
}

/** The states, and how a legend names them. */
export type StateNames = Readonly<Partial<Record<StatedOrNot, string>>>;

/** One row of points: the requests of a state at a place. */
interface Row {
  readonly state: number;
  readonly at: number;
  /** The number of its place. */
  readonly place: number;
  readonly ms: readonly number[];
}

/** Between the rows of two places, in rows. */
const GAP = 0.7;

/**
 * Every request as a point, a row for each place and state, with a bar at the median and its number in ms beside the row: for
 * places that are names, or for one length, where a line would be a dot.
 */
export function requestsChart(
  places: readonly Place[],
  { title, subtitle, names }: { title: string; subtitle: string; names: StateNames },
): Chart {
  const states = (Object.keys(names) as StatedOrNot[]).filter((state) =>
    places.some(({ seconds }) => seconds[state].length > 0),
  );
  const rows = rowsOf(places, states);
  const data = states.flatMap((state, index) =>
    traces(
      names[state]!,
      rows.filter((row) => row.state === index).map((row) => ({ ...row, name: places[row.place]!.name })),
      index,
    ),
  );
  const last = Math.max(0, ...rows.map(({ at }) => at));
  const [only] = places;
  const isOne = places.length === 1;
  return new Chart({
    data: isOne ? data.map((trace) => ({ ...trace, showlegend: false })) : data,
    layout: {
      title: chartTitle(title, isOne ? `${only!.name}; ${subtitle}` : subtitle),
      xaxis: msAxis(
        "TTFT",
        rows.flatMap(({ ms }) => ms),
      ),
      yaxis: {
        ...AXIS,
        ...{ showgrid: false, ticks: "", named: true, range: [last + 0.7, -0.7] },
        ...(isOne ? marksOfStates(rows, states, names) : marksOfPlaces(rows, places)),
      },
      annotations: rows.map(({ at, ms }) => ({
        text: formatNumber(median(ms)),
        ...{ xref: "paper", x: 1, xanchor: "left", xshift: 6, yref: "y", y: at, yanchor: "middle" },
        ...{ showarrow: false, borderpad: 0 },
      })),
    },
    lines: 1.9 * (last + 1.4),
  });
}

function rowsOf(places: readonly Place[], states: readonly StatedOrNot[]): Row[] {
  const rows: Row[] = [];
  let at = 0;
  for (const [place, { seconds }] of places.entries()) {
    for (const [state, key] of states.entries()) {
      if (seconds[key].length === 0) continue;
      rows.push({ state, at: at++, place, ms: seconds[key].map(toMs) });
    }
    at += GAP;
  }
  return rows;
}

const marksOfStates = (rows: readonly Row[], states: readonly StatedOrNot[], names: StateNames) => ({
  tickvals: rows.map(({ at }) => at),
  ticktext: rows.map(({ state }) => escapePlotly(names[states[state]!]!)),
});

/** The name of each place beside the middle of its rows. */
function marksOfPlaces(rows: readonly Row[], places: readonly Place[]) {
  const shown = places.flatMap(({ name }, place) => {
    const own = rows.filter((row) => row.place === place).map(({ at }) => at);
    return own.length === 0 ? [] : [{ name, at: (own[0]! + own.at(-1)!) / 2 }];
  });
  return { tickvals: shown.map(({ at }) => at), ticktext: shown.map(({ name }) => escapePlotly(name)) };
}

function traces(state: string, rows: readonly (Row & { readonly name: string })[], index: number) {
  const name = escapePlotly(state);
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
  ];
}
