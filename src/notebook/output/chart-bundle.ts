import { unescapePlotly } from "../../charts/layout/escape-plotly.js";
import type { Figure } from "../../charts/layout/figure.js";
import { escapeHtml } from "../../tables/escape-html.js";
import type { Bundle } from "./kernel.js";
import { PIXEL, WAITING_CHARTS } from "./plotly-library.js";

/** A chart for every page: Plotly's JSON, a picture that Plotly replaces where it can, the picture alone, and words. */
export function chartBundle(figure: Figure, svg: string): Bundle {
  return {
    "application/vnd.plotly.v1+json": figure,
    "text/html": chartHtml(figure, `data:image/svg+xml,${percentEncode(svg)}`),
    "image/svg+xml": svg,
    "text/plain": chartText(figure),
  };
}

/** A chart that will soon be replaced: the same without a picture, which takes a second to draw. */
export function growingChartBundle(figure: Figure): Bundle {
  return {
    "application/vnd.plotly.v1+json": figure,
    "text/html": chartHtml(figure, PIXEL),
    "text/plain": chartText(figure),
  };
}

/**
 * An image that hands itself to Plotly when it has loaded. If no script may run, it stays as it is.
 *
 * Plotly's part is entirely in attributes, so a page that strips scripts leaves nothing of it behind.
 */
function chartHtml(figure: Figure, source: string): string {
  // Plotly's size for a figure without one.
  const { width = 700, height = 450 } = figure.layout;
  const attributes = {
    src: source,
    alt: chartText(figure),
    width: String(width),
    height: String(height),
    style: "max-width:100%;height:auto",
    "data-figure": JSON.stringify(figure),
    onload: `(window.${WAITING_CHARTS}??=[]).push(this)`,
  };
  const written = Object.entries(attributes).map(([name, value]) => `${name}="${escapeHtml(value)}"`);
  return `<div style="max-width:100%;overflow-x:auto"><img ${written.join(" ")}></div>`;
}

/** The title of a chart and the names of its lines. */
export function chartText({ data, layout }: Figure): string {
  const title = layout.title as
    | { readonly text?: string; readonly subtitle?: { readonly text?: string } }
    | undefined;
  const names = data.flatMap(({ name }) => (typeof name === "string" && name !== "" ? [name] : []));
  const heading = [title?.text, title?.subtitle?.text].filter((text) => text !== undefined && text !== "");
  return unescapePlotly(
    `Chart: ${heading.join(" — ")}${names.length > 0 ? `\nLines: ${[...new Set(names)].join("; ")}` : ""}`,
  );
}

/** Characters that would end the address or its attribute, or are not ASCII; base64 would be longer. */
const percentEncode = (svg: string): string =>
  svg.replace(/[^\x20-\x7e]+|[%#<>"']/gu, (text) => encodeURIComponent(text).replaceAll("'", "%27"));
