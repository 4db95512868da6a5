import { Chart } from "../../charts/chart.js";
import { chartTitle, countAxis, logTicks, spansDecade } from "../../charts/chart-frame.js";
import { escapePlotly } from "../../charts/layout/escape-plotly.js";
import { AXIS, styleOf } from "../../charts/style.js";
import { told } from "../../charts/told.js";
import type { ProxyRecord } from "../../domain/records/record-kinds.js";
import type { AnswerMode } from "../../domain/records/words.js";
import { shorten } from "../../tables/display-width.js";
import { formatCount, formatNumber } from "../../tables/format.js";
import { secondsAt } from "../../tables/number-cells.js";
import { whyEmpty } from "../why-empty.js";
import { type Knee, kneeOf, type SweepPoint } from "./measures/knee.js";
import { compareProxies, type ProxyComparison } from "./measures/proxy-comparison.js";

/** Options of a throughput chart. */
export interface ThroughputChartOptions {
  /** The title above; default "Throughput direct and through the proxy". */
  readonly title?: string;
  /** `chat` for whole answers, `stream` for streams; default that of the first row. */
  readonly mode?: AnswerMode;
}

/**
 * Successful requests per second against concurrency, direct dashed and proxied solid, with a ring around the proxy's knee as
 * `kneeOf` defines it. Rows count as in `proxy.table`; open-loop loads set their own throughput and are left out.
 *
 * @param rows of `proxy.run` or `proxy.read`.
 * @example await proxy.throughputChart(rows).svg() // "<svg …"
 */
export function proxyThroughputChart(
  rows: readonly ProxyRecord[],
  { title = "Throughput direct and through the proxy", mode = rows[0]?.mode }: ThroughputChartOptions = {},
): Chart {
  const comparisons = compareProxies(rows.filter((row) => row.concurrency !== null && row.mode === mode));
  const labels = [...new Set(comparisons.map(({ label }) => label))];
  const knees = labels.map((label) => {
    const own = comparisons.filter((one) => one.label === label);
    const points = sweepOf(own, "proxied");
    return { label, points, direct: sweepOf(own, "direct"), knee: kneeOf(points) };
  });
  const data = knees.flatMap(({ label, points, direct, knee }, index) => [
    ...trace(`${nameOf(label)}, direct`, direct, index, "dash"),
    ...trace(`${nameOf(label)}, proxied`, points, index, "solid"),
    ...ring(`${nameOf(label)}, knee`, points, knee, index),
  ]);
  const rates = data.flatMap(({ y }) => y);
  return new Chart({
    empty: whyEmpty(rows),
    data,
    layout: {
      title: chartTitle(title, knees.map(({ label, knee }) => kneeSentence(label, knee)).join("; ")),
      xaxis: countAxis(
        `${mode === "stream" ? "streams" : "requests"} concurrently`,
        data.flatMap(({ x }) => x),
      ),
      yaxis: {
        ...AXIS,
        title: { text: "good requests per second" },
        ...(spansDecade(rates)
          ? { type: "log", ...logTicks(rates) }
          : { rangemode: "tozero", tickformat: "," }),
      },
    },
  });
}

/** The concurrencies of one target with known throughput and latency. */
export function sweepOf(comparisons: readonly ProxyComparison[], target: "direct" | "proxied"): SweepPoint[] {
  return comparisons.flatMap(({ load, throughput, [target]: requests }) => {
    const [requestsPerSecond, latencySeconds] = [throughput[target], secondsAt(requests.latencies, 0.5)];
    return load.concurrency === null || requestsPerSecond === null || latencySeconds === null
      ? []
      : [{ concurrency: load.concurrency, requestsPerSecond, latencySeconds }];
  });
}

function trace(name: string, points: readonly SweepPoint[], index: number, dash: "dash" | "solid") {
  if (points.length === 0) return [];
  const { color, symbol } = styleOf(index);
  return [
    {
      type: "scatter",
      mode: "lines+markers",
      name,
      x: points.map(({ concurrency }) => concurrency),
      y: points.map(({ requestsPerSecond }) => requestsPerSecond),
      ...told(
        points.map(({ concurrency, requestsPerSecond }) => ({
          x: `${formatCount(concurrency)} at once`,
          y: `${formatNumber(requestsPerSecond)} good requests/s`,
        })),
      ),
      line: { color, width: 2, dash },
      marker: { color, size: 7, symbol: dash === "solid" ? symbol : `${symbol}-open` },
    },
  ];
}

function ring(name: string, points: readonly SweepPoint[], knee: Knee, index: number) {
  const at = points.find(({ concurrency }) => concurrency === knee.concurrency);
  if (at === undefined) return [];
  return [
    {
      type: "scatter",
      mode: "markers",
      name,
      x: [at.concurrency],
      y: [at.requestsPerSecond],
      marker: { color: styleOf(index).color, size: 18, symbol: "circle-open", line: { width: 2.5 } },
    },
  ];
}

function kneeSentence(label: string, knee: Knee): string {
  return knee.concurrency === null
    ? `${label}: no knee, ${knee.reason}`
    : `${label}: knee at ${formatCount(knee.concurrency)}`;
}

const nameOf = (label: string): string => escapePlotly(shorten(label, 60));
