import { escapePlotly } from "./chart.js";

/** A chart's title and the line below it, at the left edge of the plot. */
export function chartTitle(title: string, subtitle: string) {
  return {
    text: escapePlotly(title),
    subtitle: { text: escapePlotly(subtitle) },
    x: 0,
    xref: "paper",
    xanchor: "left",
  };
}
