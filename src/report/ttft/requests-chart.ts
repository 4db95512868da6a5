import { Chart, escapePlotly } from "../../charts/chart.js";
import { chartTitle, legendFor, msAxis, toMs } from "../../charts/chart-frame.js";
import { AXIS, LAYOUT, styleOf } from "../../charts/figure.js";
import { median } from "../../stats/quantile.js";
import { shorten } from "../../tables/display-width.js";
import { formatNumber } from "../../tables/format.js";
import type { StatedOrNot } from "./ttft-cell.js";

/** What stands at one place of the axis: its name, and the seconds of its requests by state. */
export interface Place {
  readonly name: string;
  readonly seconds: Readonly<Record<StatedOrNot, readonly number[]>>;
}

/** The states, and how a legend names them. */
export type StateNames = Readonly<Partial<Record<StatedOrNot, string>>>;

/** The longest name below the axis. */
const LONGEST = 28;

/**
 * Every request as a point above its place, the states side by side, with a bar at the median and its number in ms: for places that
 * are names, or for one length, where a line would be a dot.
 */
export function requestsChart(
  places: readonly Place[],
  { title, subtitle, axis, names }: { title: string; subtitle: string; axis: string; names: StateNames },
): Chart {
  const states = (Object.keys(names) as StatedOrNot[]).filter((state) =>
    places.some(({ seconds }) => seconds[state].length > 0),
  );
  const step = Math.min(0.3, 0.8 / Math.max(1, states.length));
  const data = states.flatMap((state, index) => {
    const at = (index - (states.length - 1) / 2) * step;
    const points = places.flatMap(({ seconds }, place) => seconds[state].map((value) => ({ place, value })));
    const medians = places.flatMap(({ seconds }, place) =>
      seconds[state].length === 0 ? [] : [{ place, value: toMs(median(seconds[state])) }],
    );
    const { color } = styleOf(index);
    const name = escapePlotly(names[state]!);
    return [
      {
        ...{ type: "scatter", mode: "markers", name, legendgroup: name },
        x: points.map(({ place }) => place + at),
        y: points.map(({ value }) => toMs(value)),
        hovertemplate: "%{y:,.3~r} ms",
        marker: { color, size: 7, symbol: "circle-open" },
      },
      {
        ...{
          type: "scatter",
          mode: "markers+text",
          name: `${name}, median`,
          legendgroup: name,
          showlegend: false,
        },
        x: medians.map(({ place }) => place + at),
        y: medians.map(({ value }) => value),
        text: medians.map(({ value }) => formatNumber(value)),
        textposition: "top center",
        hovertemplate: "median %{y:,.3~r} ms",
        marker: { color, size: 22, symbol: "line-ew-open", line: { width: 2.5, color } },
      },
    ];
  });
  return new Chart({
    data,
    layout: {
      ...LAYOUT,
      title: chartTitle(title, subtitle),
      xaxis: {
        ...AXIS,
        title: { text: axis },
        tickvals: places.map((_, place) => place),
        ticktext: places.map(({ name }) => escapePlotly(shorten(name, LONGEST))),
        range: [-0.6, Math.max(0, places.length - 1) + 0.6],
      },
      yaxis: msAxis(
        "TTFT",
        data.flatMap(({ y }) => y),
      ),
      ...legendFor(states.map((state) => names[state]!)),
      showlegend: true,
    },
  });
}
