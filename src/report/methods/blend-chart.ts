import { group } from "d3-array";
import { Chart } from "../../charts/chart.js";
import { chartTitle, countAxis, msAxis, toMs } from "../../charts/chart-frame.js";
import { barEnds, errorBars, middleHalf } from "../../charts/error-bars.js";
import { escapePlotly } from "../../charts/layout/escape-plotly.js";
import type { Sketch } from "../../charts/layout/figure.js";
import { rowsChart } from "../../charts/rows-chart.js";
import { styleOf } from "../../charts/style.js";
import { intervalWords, told } from "../../charts/told.js";
import { cutPrompts } from "../../domain/records/cut-prompt.js";
import { type FirstToken, requireFirstToken } from "../../domain/records/first-token.js";
import type { BlendRecord } from "../../domain/records/record-kinds.js";
import { formatCount, formatNumber } from "../../tables/format.js";
import { reasoningWords } from "../request-notes.js";
import { whyEmpty } from "../why-empty.js";
import { type Axis, type BlendAxis, blendAxis } from "./blend-axis.js";
import type { BlendCounting } from "./blend-group.js";
import { methodCell } from "./method-cell.js";
import { methodGroups } from "./method-groups.js";

/** Options of a chart of TTFT by method. */
export interface BlendChartOptions {
  /**
   * The horizontal axis: the input length, the number of chunks, or the length of a chunk in tokens; default `input`. Along the number
   * of chunks either their length is kept or, where no length comes with two numbers, the input's.
   */
  readonly against?: BlendAxis;
  /** The title above; default "Time to first token by method". */
  readonly title?: string;
  /** Which token counts as the first: content (the default), or any, including reasoning. */
  readonly firstToken?: FirstToken;
}

/**
 * TTFT against input length, a line through the medians of each method, with bars over the interquartile range of its
 * requests; a label that mixes models or servers has a line for each. At one length every request is a point in a row for each
 * method, with its median. Rows count as in `blend.table`.
 *
 * @param rows of `blend.run` or `blend.read`.
 * @throws OptionError for an unknown axis or first token.
 * @example await blend.chart(rows, { against: "chunks" }).svg() // "<svg …"
 */
export function blendChart(
  rows: readonly BlendRecord[],
  {
    title = "Time to first token by method",
    against = "input",
    firstToken = "content",
  }: BlendChartOptions = {},
): Chart {
  const axis = blendAxis(rows, against);
  const counting = { isCut: cutPrompts(rows), firstToken: requireFirstToken(firstToken) };
  const { groups } = methodGroups(axis.rows, undefined, axis.setting);
  const data = groups
    .flatMap(({ methods }) => methods)
    .flatMap(({ name, rows }, index) => methodTrace(name, rows, counting, { ...axis, index }));
  const lengths = data.flatMap(({ x }) => x);
  const lines: Sketch = {
    empty: whyEmpty(rows),
    data,
    layout: {
      title: chartTitle(
        title,
        `median and IQR of the requests; collecting not included${axis.words}${reasoningWords(rows, firstToken)}`,
      ),
      xaxis: countAxis(axis.title, lengths),
      yaxis: msAxis("TTFT", barEnds(data), lengths),
    },
  };
  const [only, ...more] = new Set(lengths);
  if (only !== undefined && more.length === 0) {
    // Lines of one point each would leave the plot empty.
    const places = groups
      .flatMap(({ methods }) => methods)
      .map(({ name, rows: own }) => ({
        name,
        ms: { requests: methodCell(own, counting.isCut, counting.firstToken).seconds.map(toMs) },
      }));
    return rowsChart(
      places.filter(({ ms }) => ms.requests.length > 0),
      {
        ...{ title, names: { requests: "requests" }, of: "requests", empty: whyEmpty(rows) },
        subtitle: `${axis.title}: ${formatCount(only)}; every request, with the median in ms; collecting not included${axis.words}${reasoningWords(rows, firstToken)}`,
      },
      lines,
    );
  }
  return new Chart(lines);
}

function methodTrace(
  label: string,
  rows: readonly BlendRecord[],
  counting: BlendCounting,
  { index, title, placeOf }: Pick<Axis, "title" | "placeOf"> & { readonly index: number },
) {
  const points = [...group(rows, placeOf)]
    .map(([length, cellRows]) => ({
      length,
      seconds: methodCell(cellRows, counting.isCut, counting.firstToken).seconds,
    }))
    .filter(({ seconds }) => seconds.length > 0)
    .sort((a, b) => a.length - b.length)
    .map(({ length, seconds }) => ({ length, ...middleHalf(seconds.map(toMs)) }));
  if (points.length === 0) return [];
  const { color, symbol } = styleOf(index);
  return [
    {
      type: "scatter",
      mode: "lines+markers",
      name: escapePlotly(label),
      x: points.map(({ length }) => length),
      y: points.map(({ middle }) => middle),
      error_y: errorBars(points, color),
      ...told(
        points.map((point) => ({
          ...{ x: `${title}: ${formatCount(point.length)}`, y: `${formatNumber(point.middle)} ms` },
          ...{ interval: intervalWords("IQR", point, " ms"), n: point.n },
        })),
      ),
      line: { color, width: 2 },
      marker: { color, size: 7, symbol },
    },
  ];
}
