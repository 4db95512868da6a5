import { Chart } from "../../charts/chart.js";
import { chartTitle, countAxis, msAxis, toMs } from "../../charts/chart-frame.js";
import { barEnds, errorBars } from "../../charts/error-bars.js";
import { escapePlotly } from "../../charts/layout/escape-plotly.js";
import { styleOf } from "../../charts/style.js";
import { intervalWords, told } from "../../charts/told.js";
import type { ProxyRecord } from "../../domain/records/record-kinds.js";
import { shorten } from "../../tables/display-width.js";
import { formatCount, formatNumber } from "../../tables/format.js";
import { whyEmpty } from "../why-empty.js";
import { compareProxies, type ProxyComparison } from "./measures/proxy-comparison.js";

/**
 * Overhead against concurrency with its 95 % interval: in the latency of chats (solid), and in the TTFT of streams
 * (dashed). Rows count as in `proxy.table`; open-loop loads have no concurrency and are left out.
 *
 * @param rows of `proxy.run` or `proxy.read`.
 * @example await proxy.overheadChart(rows).svg() // "<svg …"
 */
export function proxyOverheadChart(
  rows: readonly ProxyRecord[],
  {
    title = "What the proxy adds",
  }: {
    /** The title above; default "What the proxy adds". */
    readonly title?: string;
  } = {},
): Chart {
  const comparisons = compareProxies(rows.filter(({ concurrency }) => concurrency !== null));
  const labels = [...new Set(comparisons.map(({ label }) => label))];
  const data = labels.flatMap((label, index) =>
    (["chat", "stream"] as const).flatMap((mode) =>
      trace(
        `${escapePlotly(shorten(label, 60))}, ${mode === "chat" ? "latency" : "TTFT of streams"}`,
        comparisons.filter((one) => one.label === label && one.load.mode === mode),
        index,
      ),
    ),
  );
  return new Chart({
    empty: whyEmpty(rows),
    data,
    layout: {
      title: chartTitle(title, "median of paired differences, proxied minus direct, with its 95 % interval"),
      xaxis: countAxis(
        "concurrent requests",
        data.flatMap(({ x }) => x),
      ),
      yaxis: msAxis("overhead", barEnds(data)),
    },
  });
}

function trace(name: string, comparisons: readonly ProxyComparison[], index: number) {
  const points = comparisons.flatMap(({ load, overhead, ttftOverhead }) => {
    const { median } = load.mode === "chat" ? overhead : ttftOverhead;
    if (median.estimate === null || load.concurrency === null) return [];
    const { low, high } = "low" in median ? median : { low: median.estimate, high: median.estimate };
    return [
      { concurrency: load.concurrency, low: toMs(low), middle: toMs(median.estimate), high: toMs(high) },
    ];
  });
  if (points.length === 0) return [];
  const { color, symbol } = styleOf(index);
  const isChat = comparisons[0]!.load.mode === "chat";
  return [
    {
      type: "scatter",
      mode: "lines+markers",
      name,
      x: points.map(({ concurrency }) => concurrency),
      y: points.map(({ middle }) => middle),
      error_y: errorBars(points, color),
      ...told(
        points.map((point) => ({
          ...{
            x: `${formatCount(point.concurrency)} concurrent requests`,
            y: `${formatNumber(point.middle)} ms`,
          },
          interval: intervalWords("95 % CI", point, " ms"),
        })),
      ),
      line: { color, width: 2, dash: isChat ? "solid" : "dash" },
      marker: { color, size: 7, symbol: isChat ? symbol : `${symbol}-open` },
    },
  ];
}
