import { Chart, escapePlotly } from "../../charts/chart.js";
import { chartTitle, legendFor, msAxis, toMs } from "../../charts/chart-frame.js";
import { AXIS, LAYOUT, styleOf } from "../../charts/figure.js";
import type { LoadRecord } from "../../domain/records/record-kinds.js";
import { median } from "../../stats/quantile.js";
import { shorten } from "../../tables/display-width.js";
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
  const data = all.flatMap((one, index) => traces(one, index));
  const ttfts = data.flatMap(({ yaxis, y }) => (yaxis === "y" ? y : []));
  const names = data.flatMap(({ name, showlegend }) => (showlegend ? [name] : []));
  const lines = [
    ...(shown.length > 0 ? shown : changes).map(({ sentence }) => sentence),
    ...all.flatMap(careOf),
  ];
  const { margin, ...frame } = legendRoom(names, lines.length);
  return new Chart({
    data,
    layout: {
      ...LAYOUT,
      ...frame,
      margin,
      title: { ...chartTitle(title, ""), subtitle: { text: lines.map(escapePlotly).join("<br>") } },
      xaxis: { ...AXIS, title: { text: AXIS_TITLES[against] }, anchor: "y2", rangemode: "tozero" },
      yaxis: { ...msAxis("median TTFT", ttfts), domain: [0.54, 1] },
      yaxis2: {
        ...AXIS,
        title: { text: all.some(({ ofExpected }) => ofExpected) ? "reused share" : "cached share" },
        domain: [0, 0.44],
        range: [-0.03, 1.05],
        tickformat: ".0%",
      },
      shapes: shown.map(({ at, index }) => ({
        ...{ type: "line", xref: "x", yref: "paper", y0: 0, y1: 1, x0: at!.middle, x1: at!.middle },
        line: { color: styleOf(index).color, width: 1.5, dash: "dot" },
      })),
      showlegend: true,
    },
  });
}

/** Room above for a sentence on each label, and for two charts above each other. */
function legendRoom(names: readonly string[], lines: number) {
  const room = legendFor(names);
  const margin = "margin" in room ? room.margin : LAYOUT.margin;
  const above = 16 * Math.max(0, lines - 1);
  return { ...room, height: room.height + 140 + above, margin: { ...margin, t: LAYOUT.margin.t + above } };
}

function traces(one: ReuseSeries, index: number) {
  const { color, symbol } = styleOf(index);
  const name = escapePlotly(shorten(one.series.name, 60));
  const bins = binsOf(one, Math.min(MOST_POINTS, Math.max(1, Math.floor(one.requests.length / FEWEST))));
  const points = bins.map((own) => ({
    at: median(own.map(({ at }) => at)),
    ttft: medianOrNull(own.flatMap(({ ttft }) => (ttft === null ? [] : toMs(ttft)))),
    share: meanOrNull(own.flatMap(({ share }) => share ?? [])),
  }));
  return (["ttft", "share"] as const).flatMap((key, place) => {
    const known = points.flatMap((point) => {
      const y = point[key];
      return y === null ? [] : [{ x: point.at, y }];
    });
    if (known.length === 0) return [];
    return [
      {
        ...{ type: "scatter", mode: "lines+markers", name, legendgroup: name, showlegend: place === 0 },
        x: known.map(({ x }) => x),
        y: known.map(({ y }) => y),
        xaxis: "x",
        yaxis: place === 0 ? "y" : "y2",
        line: { color, width: 1.5 },
        marker: { color, size: 5, symbol },
      },
    ];
  });
}

const medianOrNull = (values: readonly number[]): number | null =>
  values.length === 0 ? null : median(values);
