import { group } from "d3-array";
import { Chart } from "../../charts/chart.js";
import { chartTitle, countAxis, msAxis, toMs } from "../../charts/chart-frame.js";
import { barEnds, errorBars, middleHalf } from "../../charts/error-bars.js";
import { escapePlotly } from "../../charts/layout/escape-plotly.js";
import type { Sketch } from "../../charts/layout/figure.js";
import { rowsChart } from "../../charts/rows-chart.js";
import { styleOf } from "../../charts/style.js";
import { intervalWords, told } from "../../charts/told.js";
import { type FirstToken, requireFirstToken } from "../../domain/records/first-token.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import { shorten } from "../../tables/display-width.js";
import { formatCount, formatNumber } from "../../tables/format.js";
import { tokenUnit } from "../context-length.js";
import { whyEmpty } from "../why-empty.js";
import type { Counting, StatedOrNot, TtftCell } from "./ttft-cell.js";
import { type TtftGroup, ttftGroups } from "./ttft-groups.js";

/** Options of a TTFT chart. */
export interface TtftChartOptions {
  /** The title above; default "Time to first token". */
  readonly title?: string;
  /** Whether to count requests whose cache state the server's report contradicts; default false. */
  readonly includeContradicted?: boolean;
  /** Which token counts as the first: content (the default), or any, including reasoning. */
  readonly firstToken?: FirstToken;
}

const STATE_NAMES = {
  cold: "cold",
  warm: "warm",
  flushed: "flushed",
  unstated: "cache state not stated",
} as const;

const DASHES: Readonly<Record<StatedOrNot, string>> = {
  cold: "solid",
  warm: "dash",
  flushed: "dot",
  unstated: "dashdot",
};

/**
 * TTFT against context length: one colour per label (and model and server, if a label mixes them), a solid line through the
 * cold medians and a dashed one through the warm ones, with bars over the interquartile range (IQR, from the 25th to the 75th
 * percentile, which a single outlier can't stretch).
 *
 * Axes are logarithmic if their values span a decade or more. Rows count as in `ttft.table`; the subtitle says how many were
 * excluded.
 *
 * @param rows of `ttft.run` or `ttft.read`.
 * @throws OptionError for an unknown first token.
 * @example await ttft.chart(rows).svg() // "<svg …"
 */
export function ttftChart(
  rows: readonly TtftRecord[],
  {
    title = "Time to first token",
    includeContradicted = false,
    firstToken = "content",
  }: TtftChartOptions = {},
): Chart {
  const counting = { includeContradicted, firstToken: requireFirstToken(firstToken) };
  const groups = ttftGroups(rows, counting);
  const unit = tokenUnit(rows);
  const data = [...group(groups, ({ series }) => series)].flatMap(([{ name }, contexts], index) =>
    (Object.keys(DASHES) as StatedOrNot[]).flatMap((state) => trace(name, state, contexts, { index, unit })),
  );
  const contexts = data.flatMap(({ x }) => x);
  const lines: Sketch = {
    empty: whyEmpty(rows),
    data,
    layout: {
      title: chartTitle(title, subtitle(groups, counting)),
      xaxis: countAxis(`context (${tokenUnit(rows)})`, contexts),
      yaxis: msAxis("TTFT", barEnds(data), contexts),
    },
  };
  const [only] = new Set(groups.map(({ context }) => context));
  if (only !== undefined && groups.every(({ context }) => context === only)) {
    // Lines of one point each would be an empty plot.
    const places = groups.map(({ label, cell }) => ({ name: label, ms: inMs(cell.seconds) }));
    return rowsChart(
      places,
      {
        ...{ title, names: STATE_NAMES, of: "requests", empty: whyEmpty(rows) },
        subtitle: `context of ${formatCount(only)} ${tokenUnit(rows)}; every request, with the median in ms${leftOut(groups, counting)}`,
      },
      lines,
    );
  }
  return new Chart(lines);
}

/** The times of a cell by state, in ms. */
export const inMs = (seconds: TtftCell["seconds"]): Readonly<Record<StatedOrNot, readonly number[]>> => ({
  cold: seconds.cold.map(toMs),
  warm: seconds.warm.map(toMs),
  flushed: seconds.flushed.map(toMs),
  unstated: seconds.unstated.map(toMs),
});

function trace(
  label: string,
  state: StatedOrNot,
  groups: readonly TtftGroup[],
  { index, unit }: { readonly index: number; readonly unit: string },
) {
  const points = groups.flatMap(({ context, cell }) => {
    const values = cell.seconds[state];
    if (values.length === 0) return [];
    return [{ context, ...middleHalf(values.map(toMs)) }];
  });
  if (points.length === 0) return [];
  const { color, symbol } = styleOf(index);
  return [
    {
      type: "scatter",
      mode: "lines+markers",
      name: `${escapePlotly(shorten(label, 80))}, ${STATE_NAMES[state]}`,
      legendgroup: escapePlotly(label),
      x: points.map(({ context }) => context),
      y: points.map(({ middle }) => middle),
      error_y: errorBars(points, color),
      ...told(
        points.map((point) => ({
          ...{ x: `${formatCount(point.context)} ${unit}`, y: `${formatNumber(point.middle)} ms` },
          ...{ interval: intervalWords("IQR", point, " ms"), n: point.n },
        })),
      ),
      line: { color, width: 2, dash: DASHES[state] },
      marker: { color, size: 7, symbol: state === "cold" ? symbol : `${symbol}-open` },
    },
  ];
}

function subtitle(groups: readonly TtftGroup[], counting: Counting): string {
  return `median and IQR of the requests${leftOut(groups, counting)}`;
}

/** To which token times count where that needs saying, and which requests are left out. */
function leftOut(groups: readonly TtftGroup[], { includeContradicted, firstToken }: Counting): string {
  const count = (of: (cell: TtftCell) => number): number =>
    groups.reduce((sum, { cell }) => sum + of(cell), 0);
  const failed = count(({ outcomes }) => outcomes.error + outcomes.incomplete + outcomes.timeout);
  const contradicted = includeContradicted ? 0 : count(({ evidence }) => evidence.contradicted);
  const cut = count((cell) => cell.cut.length);
  const left = [
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(cut > 0 ? [`${formatCount(cut)} with a cut prompt`] : []),
    ...(contradicted > 0 ? [`${formatCount(contradicted)} contradicted`] : []),
  ];
  const reasoned = [...new Set(groups.filter(({ cell }) => cell.reasoning > 0).map(({ label }) => label))];
  const first =
    firstToken === "any" ? "; to any first token, reasoning or content" : "; to the first content";
  const whose = reasoned.length === 0 ? "" : `${first} (reasoning came before it: ${reasoned.join(", ")})`;
  return `${whose}${left.length > 0 ? `; left out: ${left.join(", ")}` : ""}`;
}
