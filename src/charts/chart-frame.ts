import { largest, smallest } from "../domain/extremes.js";
import { escapePlotly } from "./layout/escape-plotly.js";
import { AXIS } from "./style.js";

/** A chart's title and the line below it. */
export function chartTitle(title: string, subtitle: string) {
  return { text: escapePlotly(title), subtitle: { text: escapePlotly(subtitle) } };
}

/** A span that calls for a logarithmic axis. */
const DECADE = 10;

/** Whether values call for a logarithmic axis. */
export function spansDecade(values: readonly number[]): boolean {
  const low = smallest(values);
  return low > 0 && largest(values) / low >= DECADE;
}

/** A measured count, or a rate, as a label: whole, or with three significant digits. */
const countText = (count: number): string =>
  (Number.isInteger(count) ? count : Number(count.toPrecision(3))).toLocaleString("en-US", {
    maximumFractionDigits: 20,
  });

/** From this ratio on between neighbours, counts are spread evenly only on a logarithmic axis. */
const DOUBLED = 1.5;

/** Whether counts call for a logarithmic axis: they span a decade, or three or more of them double, or nearly so, at each step. */
export function isLogarithmic(counts: readonly number[]): boolean {
  const ascending = [...new Set(counts)].sort((a, b) => a - b);
  if (ascending.length === 0 || ascending[0]! <= 0) return false;
  const doubles = ascending.every((count, at) => at === 0 || count >= DOUBLED * ascending[at - 1]!);
  return spansDecade(ascending) || (ascending.length > 2 && doubles);
}

/** Round numbers on a logarithmic axis, of which as many are drawn as there is room for: the closer together, the smaller the span. */
export function logTicks(values: readonly number[]) {
  const [least, most] = [smallest(values), largest(values)];
  const low = Math.floor(Math.log10(least));
  const high = Math.ceil(Math.log10(most));
  const steps = spansDecade(values) ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8];
  const tickvals: number[] = [];
  for (let power = low; power <= high; power++) {
    for (const step of steps) tickvals.push(Number(`${step}e${power}`));
  }
  const texts = tickvals.map((value) => value.toLocaleString("en-US", { maximumFractionDigits: 20 }));
  return { tickvals, ticktext: texts, round: true };
}

/** A horizontal axis of counts (tokens, requests at once), logarithmic as {@link isLogarithmic} says. */
export function countAxis(title: string, counts: readonly number[]) {
  const ascending = [...new Set(counts)].sort((a, b) => a - b);
  return {
    ...AXIS,
    title: { text: title },
    ...(isLogarithmic(ascending)
      ? { type: "log", tickvals: ascending, ticktext: ascending.map(countText) }
      : { type: "linear", rangemode: "tozero", tickformat: "," }),
  };
}

/** Seconds as every chart draws them. */
export const toMs = (seconds: number): number => seconds * 1_000;

/**
 * An axis of times in milliseconds, logarithmic if they span a decade; and where they double at least beside counts that do, so
 * that a proportional growth is a straight line.
 *
 * @param title without the unit.
 * @param counts those of the other axis; none if it has none.
 */
export function msAxis(title: string, milliseconds: readonly number[], counts: readonly number[] = []) {
  const isPositive = milliseconds.length > 0 && smallest(milliseconds) > 0;
  const doubles = isPositive && largest(milliseconds) >= 2 * smallest(milliseconds);
  return {
    ...AXIS,
    title: { text: `${title} (ms)` },
    ...(spansDecade(milliseconds) || (doubles && isLogarithmic(counts))
      ? { type: "log", ...logTicks(milliseconds) }
      : { type: "linear", rangemode: "tozero", tickformat: ",~r" }),
  };
}
