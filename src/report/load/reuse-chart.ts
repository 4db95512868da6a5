import { Chart } from "../../charts/chart.js";
import { chartTitle, msAxis, toMs } from "../../charts/chart-frame.js";
import { escapePlotly } from "../../charts/layout/escape-plotly.js";
import { AXIS, styleOf } from "../../charts/style.js";
import { told } from "../../charts/told.js";
import type { LoadRecord } from "../../domain/records/record-kinds.js";
import { median } from "../../stats/quantile.js";
import { shorten } from "../../tables/display-width.js";
import { formatCount, formatNumber } from "../../tables/format.js";
import { meanOrNull } from "./measures/cached-share.js";
import { type ReuseAxis, type ReuseSeries, reuseChange, reuseSeries } from "./measures/reuse.js";
import { binsOf, careOf, checkedReuse, type ReuseOptions } from "./reuse-table.js";

/** How a chart of reuse is made. */
export interface ReuseChartOptions extends ReuseOptions {
  /** The title above; default "How long reuse lasts". */
  readonly title?: string;
}

/** Requests a point is made of, at least; and the most points of a line. */
const FEWEST = 5;
const MOST_POINTS = 40;

const AXIS_TITLES: Readonly<Record<ReuseAxis, string>> = {
  requests: "request of the run",
  seconds: "time since its documents were last used (s)",
};

/**
 * How long reuse lasts, as two charts above each other: the median TTFT, and the share that came from a cache, against the
 * request's number in the run or against the time since its documents were last used. A dotted line is the place where the share
 * changes, which the subtitle names.
 *
 * Each point is of at least 5 requests that follow each other on the axis. Rows count as in `load.reuseTable`.
 *
 * @param rows of `load.run` or `load.read`.
 * @throws OptionError for an axis, a level or a first token that is none.
 * @example await load.reuseChart(rows, { against: "seconds" }).svg() // "<svg …"
 */
export function reuseChart(
  rows: readonly LoadRecord[],
  { title = "How long reuse lasts", ...options }: ReuseChartOptions = {},
): Chart {
  const { against, level, firstToken } = checkedReuse(options);
  const all = reuseSeries(rows, against, level, firstToken);
  const changes = all.flatMap((one, index) => {
    const change = reuseChange(one, against);
    return change === null ? [] : [{ ...change, index }];
  });
  const shown = changes.filter(({ at }) => at !== null);
  const data = all.flatMap((one, index) => traces(one, index, against));
  const ttfts = data.flatMap(({ yaxis, y }) => (yaxis === "y" ? y : []));
  const lines = [
    ...(shown.length > 0 ? shown : changes).map(({ sentence }) => sentence),
    ...all.flatMap(careOf),
  ];
  const xaxis = { ...AXIS, title: { text: AXIS_TITLES[against] }, rangemode: "tozero" };
  return new Chart({
    data,
    layout: {
      title: { ...chartTitle(title, ""), subtitle: { text: lines.map(escapePlotly).join("<br>") } },
      xaxis,
      yaxis: msAxis("median TTFT", ttfts),
      xaxis2: xaxis,
      yaxis2: {
        ...AXIS,
        title: { text: all.some(({ ofExpected }) => ofExpected) ? "reused share" : "cached share" },
        range: [-0.03, 1.05],
        tickformat: ".0%",
      },
      shapes: shown.map(({ at, index }) => ({
        ...{ type: "line", xref: "x", yref: "paper", y0: 0, y1: 1, x0: at!.middle, x1: at!.middle },
        line: { color: styleOf(index).color, width: 1.5, dash: "dot" },
      })),
    },
    panels: { across: [""], below: ["", ""], common: { x: true, y: false } },
  });
}

function traces(one: ReuseSeries, index: number, against: ReuseAxis) {
  const { color, symbol } = styleOf(index);
  const name = escapePlotly(shorten(one.series.name, 60));
  const bins = binsOf(one, Math.min(MOST_POINTS, Math.max(1, Math.floor(one.requests.length / FEWEST))));
  const points = bins.map((own) => ({
    at: median(own.map(({ at }) => at)),
    n: own.length,
    ttft: medianOrNull(own.flatMap(({ ttft }) => (ttft === null ? [] : toMs(ttft)))),
    share: meanOrNull(own.flatMap(({ share }) => share ?? [])),
  }));
  return (["ttft", "share"] as const).flatMap((key, place) => {
    const known = points.flatMap((point) => {
      const y = point[key];
      return y === null ? [] : [{ x: point.at, y, n: point.n }];
    });
    if (known.length === 0) return [];
    return [
      {
        ...{ type: "scatter", mode: "lines+markers", name, legendgroup: name, showlegend: place === 0 },
        x: known.map(({ x }) => x),
        y: known.map(({ y }) => y),
        ...told(
          known.map(({ x, y, n }) => ({
            x:
              against === "requests"
                ? `about request ${formatCount(x)}`
                : `${formatNumber(x)} s since the last use`,
            y: key === "ttft" ? `median ${formatNumber(y)} ms` : `${formatNumber(100 * y)} % from a cache`,
            n,
          })),
        ),
        xaxis: place === 0 ? "x" : "x2",
        yaxis: place === 0 ? "y" : "y2",
        line: { color, width: 1.5 },
        marker: { color, size: 5, symbol },
      },
    ];
  });
}

const medianOrNull = (values: readonly number[]): number | null =>
  values.length === 0 ? null : median(values);
