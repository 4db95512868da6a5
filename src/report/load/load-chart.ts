import { group } from "d3-array";
import { Chart } from "../../charts/chart.js";
import { chartTitle, countAxis, msAxis, toMs } from "../../charts/chart-frame.js";
import { escapePlotly } from "../../charts/layout/escape-plotly.js";
import type { Sketch } from "../../charts/layout/figure.js";
import { rowsChart } from "../../charts/rows-chart.js";
import { styleOf } from "../../charts/style.js";
import { told } from "../../charts/told.js";
import { type FirstToken, requireFirstToken } from "../../domain/records/first-token.js";
import type { LoadRecord } from "../../domain/records/record-kinds.js";
import { shorten } from "../../tables/display-width.js";
import { formatMs, formatNumber } from "../../tables/format.js";
import { secondsAt } from "../../tables/number-cells.js";
import { checkedPercentiles } from "../percentiles.js";
import { whyEmpty } from "../why-empty.js";
import { type LoadCell, loadCells } from "./measures/load-cell.js";
import { loadLevels } from "./measures/load-level.js";

/** Options of a chart of TTFT under load. */
export interface LoadChartOptions {
  /** The title above; default "Time to first token under load". */
  readonly title?: string;
  /** The percentiles drawn, the first solid; default the median and p95. */
  readonly percentiles?: readonly number[];
  /** Which token counts as the first: content (the default), or any, including reasoning. */
  readonly firstToken?: FirstToken;
}

const DASHES = ["solid", "dash", "dot", "dashdot"] as const;

/**
 * TTFT against the request rate, or against concurrency in a closed loop: for each label the median as a solid line and p95
 * as a dashed one. A ramp is shown in parts, each at the rates at which its requests came. Rows count as in `load.table`; levels
 * that never settled have no point and break the line, and hollow points mean that the client may have been the limit. At one level
 * each percentile is a row with its number.
 *
 * @param rows of `load.run` or `load.read`.
 * @throws OptionError for an invalid percentile, or an unknown first token.
 * @example await load.chart(rows).svg() // "<svg …"
 */
export function loadChart(
  rows: readonly LoadRecord[],
  {
    title = "Time to first token under load",
    percentiles = [50, 95],
    firstToken = "content",
  }: LoadChartOptions = {},
): Chart {
  const shown = checkedPercentiles(percentiles);
  const cells = loadCells(loadLevels(rows), rows, requireFirstToken(firstToken));
  const { axis, plotted } = byLoad(cells);
  const data = [...group(plotted, ({ series }) => series)].flatMap(([{ name }, levels], index) =>
    shown.flatMap((p, place) => trace(name, levels, p, { index, place, axis })),
  );
  const lines: Sketch = {
    empty: whyEmpty(rows),
    data,
    layout: {
      title: chartTitle(title, subtitle(cells, plotted, axis)),
      xaxis: countAxis(
        AXIS_TITLES[axis],
        data.flatMap(({ x }) => x),
      ),
      yaxis: msAxis(
        "TTFT",
        data.flatMap(({ y }) => y.filter((ms) => ms !== null)),
      ),
    },
  };
  const places = [...group(plotted, ({ series }) => series)].flatMap(([{ name }, levels]) =>
    placesOf(name, levels, shown),
  );
  if (places.length > 0 && new Set(data.flatMap(({ x }) => x)).size === 1) {
    const at = `${formatNumber(data[0]!.x[0]!)} ${UNITS[axis]}`;
    return rowsChart(
      places,
      {
        ...{
          title,
          names: Object.fromEntries(shown.map((p) => [`p${p}`, `p${p}`])),
          of: "statistics",
          empty: whyEmpty(rows),
        },
        subtitle: [at, subtitle(cells, plotted, axis)].filter(Boolean).join("; "),
      },
      lines,
    );
  }
  return new Chart(lines);
}

/** The percentiles of a label at its only level, where lines of one point each would leave the plot empty. */
function placesOf(name: string, levels: readonly LoadCell[], shown: readonly number[]) {
  return levels.flatMap((cell) => {
    const of = (p: number) =>
      cell.unsettled === null ? secondsAt(cell.times("ttft").flat(), p / 100) : null;
    const ms = shown.map((p) => {
      const seconds = of(p);
      return [`p${p}`, seconds === null ? [] : [toMs(seconds)]] as const;
    });
    return ms.every(([, own]) => own.length === 0) ? [] : [{ name, ms: Object.fromEntries(ms) }];
  });
}

/** What the levels of a chart are: rates, where any was kept, else numbers of requests under way. */
type LoadAxis = "rate" | "concurrency";
export const AXIS_TITLES: Readonly<Record<LoadAxis, string>> = {
  rate: "request rate (requests/s)",
  concurrency: "concurrent requests",
};

/** A level of each kind in words, behind its number. */
export const UNITS: Readonly<Record<LoadAxis, string>> = {
  rate: "requests/s",
  concurrency: "concurrent requests",
};

/** The cells of one kind of level; a rate and a number of concurrent requests are on no common axis. */
export function byLoad(cells: readonly LoadCell[]): {
  readonly axis: LoadAxis;
  readonly plotted: readonly LoadCell[];
} {
  const axis = cells.some(({ rate }) => rate !== null) ? "rate" : "concurrency";
  return { axis, plotted: cells.filter((cell) => cell[axis] !== null) };
}

function trace(
  name: string,
  cells: readonly LoadCell[],
  p: number,
  { index, place, axis }: { readonly index: number; readonly place: number; readonly axis: LoadAxis },
) {
  const points = withoutEnds(cells, (cell) => {
    const seconds = cell.unsettled === null ? secondsAt(cell.times("ttft").flat(), p / 100) : null;
    return seconds === null ? null : { seconds, n: cell.times("ttft").flat().length };
  });
  if (points.length === 0) return [];
  const { color, symbol } = styleOf(index);
  return [
    {
      type: "scatter",
      mode: "lines+markers",
      name: `${escapePlotly(shorten(name, 60))}, p${p}`,
      legendgroup: escapePlotly(name),
      x: points.map(({ cell }) => cell[axis]!),
      y: points.map(({ point }) => point && toMs(point.seconds)),
      ...told(
        points.map(
          ({ cell, point }) =>
            point && {
              x: `${formatNumber(cell[axis]!)} ${UNITS[axis]}`,
              y: `p${p}: ${formatMs(point.seconds)} ms`,
              n: point.n,
            },
        ),
      ),
      line: { color, width: 2, dash: DASHES[place % DASHES.length] },
      marker: {
        color,
        size: 7,
        symbol: points.map(({ cell }) => symbolAt(cell, symbol)),
      },
    },
  ];
}

/**
 * The levels of a line from the first to the last that has a point. Those between without one break the line, which would tell
 * of loads at which nothing is known.
 */
export function withoutEnds<P>(cells: readonly LoadCell[], pointOf: (cell: LoadCell) => P | null) {
  const all = cells.map((cell) => ({ cell, point: pointOf(cell) }));
  const first = all.findIndex(({ point }) => point !== null);
  return first === -1 ? [] : all.slice(first, 1 + all.findLastIndex(({ point }) => point !== null));
}

/** A point's symbol: hollow where the client may have been the limit. */
export const symbolAt = ({ limited }: LoadCell, symbol: string): string =>
  limited.length > 0 ? `${symbol}-open` : symbol;

/** What a reader of the points must know: what is not shown, and what stands against what is. */
export function subtitle(cells: readonly LoadCell[], plotted: readonly LoadCell[], axis: LoadAxis): string {
  const names = (of: readonly LoadCell[]) =>
    of.map(({ series, name }) => `${series.name} at ${name}`).join(", ");
  const unsettled = plotted.filter((cell) => cell.unsettled !== null);
  const failed = plotted.reduce((sum, cell) => sum + cell.failed, 0);
  const ramps = plotted.some(({ ramp }) => ramp !== null)
    ? ["a point of a ramp: the requests that came at about its rate"]
    : [];
  const scheduled = axis === "rate" ? ["from the intended start"] : [];
  const others = cells.length - plotted.length;
  return [
    ...scheduled,
    ...ramps,
    ...(failed === 0 ? [] : [`without ${failed} failed requests`]),
    ...(unsettled.length === 0 ? [] : [`never settled: ${names(unsettled)}`]),
    ...(plotted.some(({ limited }) => limited.length > 0)
      ? ["hollow: the client may have been the limit"]
      : []),
    ...(others === 0 ? [] : [`${others} levels without a ${axis} are not shown`]),
  ].join("; ");
}
