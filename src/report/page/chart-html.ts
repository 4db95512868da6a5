import type { Chart } from "../../charts/chart.js";
import type { Fields, Figure } from "../../charts/layout/figure.js";
import { fitted, PHONE, SCREEN } from "../../charts/layout/fitted.js";
import { htmlText } from "../../tables/escape-html.js";
import { valuesOf, valuesTable } from "./chart-values.js";
import { reportTable } from "./report-table.js";

/**
 * A chart as a part of a page: drawn for a wide and for a narrow window, of which the style sheet shows one, with words at its
 * points, and all its values as a table below.
 */
export async function chartHtml(chart: Chart): Promise<string> {
  const caption = htmlText(chart.caption);
  const wide = await inlineSvg(chart, fitted(chart.sketch, SCREEN));
  const narrow = await inlineSvg(chart, fitted(chart.sketch, PHONE));
  const values = valuesTable(chart).as(reportTable(chart.caption));
  return (
    `<figure role="group" aria-label="${caption}"><div class="wide-chart">${wide}</div><div class="narrow-chart">${narrow}</div></figure>` +
    `<details class="values"><summary>Values of the chart</summary>${values}</details>`
  );
}

/**
 * A picture in a page: every colour of it can be replaced by the page's style sheet, as `--rgb-34-34-34` for `rgb(34, 34, 34)`,
 * and a screen reader is told what it shows.
 */
async function inlineSvg(chart: Chart, { data, layout }: Figure): Promise<string> {
  const [{ staticSvg }, { withHover }] = await Promise.all([
    import("../../charts/static-svg.js"),
    import("./hover-points.js"),
  ]);
  const svg = await staticSvg({ data: data.map(withMarkers), layout });
  const values = valuesOf(chart);
  const traces = data.map(({ xaxis = "x", yaxis = "y" }, n) => ({
    subplot: `${xaxis}${yaxis}`,
    values: values[n] ?? [],
  }));
  return withHover(svg, traces)
    .replace(/(?<=(?:fill|stroke|stop-color): )rgb\((\d+), (\d+), (\d+)\)/g, "var(--rgb-$1-$2-$3, $&)")
    .replace("<svg ", `<svg role="img" aria-label="${htmlText(chart.caption)}" `);
}

/** A line without marks with marks that can't be seen: words stand at them. */
const withMarkers = (trace: Fields): Fields =>
  trace.mode === "lines" && trace.customdata !== undefined
    ? { ...trace, mode: "lines+markers", marker: { opacity: 0, size: 1 } }
    : trace;
