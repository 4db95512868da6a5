import { escapeHtml } from "../tables/escape-html.js";
import type { Chart } from "./chart.js";

/**
 * A chart's picture as a part of a page: every colour of it can be replaced by the page's style sheet, as
 * `--rgb-34-34-34` for `rgb(34, 34, 34)`, and a screen reader is told what it shows.
 */
export async function inlineSvg(chart: Chart): Promise<string> {
  const svg = await chart.svg();
  return svg
    .replace(/(?<=(?:fill|stroke|stop-color): )rgb\((\d+), (\d+), (\d+)\)/g, "var(--rgb-$1-$2-$3, $&)")
    .replace("<svg ", `<svg role="img" aria-label="${escapeHtml(chart.caption)}" `);
}
