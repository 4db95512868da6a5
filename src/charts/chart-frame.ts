import { largest, smallest } from "../domain/extremes.js";
import { formatCount } from "../tables/format.js";
import { escapePlotly } from "./chart.js";
import { AXIS, LAYOUT } from "./figure.js";

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

/** A span that calls for a logarithmic axis. */
const DECADE = 10;

/** Whether values call for a logarithmic axis. */
export function spansDecade(values: readonly number[]): boolean {
  const low = smallest(values);
  return low > 0 && largest(values) / low >= DECADE;
}

/** Ticks at the measured counts, without those whose labels would overlap the previous one. */
function countTicks(counts: readonly number[]) {
  const span = Math.log(counts.at(-1)! / counts[0]!);
  const shown: number[] = [];
  for (const count of counts) {
    const before = shown.at(-1);
    if (before === undefined || Math.log(count / before) > 0.09 * span) shown.push(count);
  }
  return { tickvals: shown, ticktext: shown.map(formatCount) };
}

/** Ticks at 1, 2 and 5 of each power of ten, or only at the powers if there are many. */
function secondTicks(seconds: readonly number[]) {
  const low = Math.floor(Math.log10(smallest(seconds)));
  const high = Math.ceil(Math.log10(largest(seconds)));
  const steps = high - low > 4 ? [1] : [1, 2, 5];
  const tickvals: number[] = [];
  for (let power = low; power <= high; power++) {
    for (const step of steps) tickvals.push(Number(`${step}e${power}`));
  }
  return { tickvals, ticktext: tickvals.map(String) };
}

/** A horizontal axis of counts (tokens, requests at once), logarithmic if they span a decade. */
export function countAxis(title: string, counts: readonly number[]) {
  const ascending = [...new Set(counts)].sort((a, b) => a - b);
  return {
    ...AXIS,
    title: { text: title },
    ...(spansDecade(ascending)
      ? { type: "log", ...countTicks(ascending) }
      : { type: "linear", rangemode: "tozero", tickformat: "," }),
  };
}

/** An axis of seconds, logarithmic if they span a decade. */
export function secondAxis(title: string, seconds: readonly number[]) {
  return {
    ...AXIS,
    title: { text: title },
    ...(spansDecade(seconds)
      ? { type: "log", ...secondTicks(seconds) }
      : { type: "linear", rangemode: "tozero" }),
  };
}

/** The height of a name in the legend, its share of the gaps included. */
const NAME_HEIGHT = 24;

/** Beside the plot, or below it if the names are long. The picture grows with it: a legend must not be cut. */
export function legendFor(names: readonly string[]) {
  const { height, margin } = LAYOUT;
  const room = NAME_HEIGHT * names.length;
  if (names.every((name) => name.length <= 36)) {
    return {
      height: Math.max(height, margin.t + room + margin.b),
      legend: { x: 1.02, xanchor: "left", y: 1, yanchor: "top" },
    };
  }
  return {
    height: height + room,
    legend: { x: 0, xanchor: "left", y: 0, yref: "container", yanchor: "bottom" },
    margin: { ...margin, b: margin.b + room },
  };
}
