import { group } from "d3-array";
import type { BlendRecord } from "../domain/blend-record.js";
import { cutPrompts, type IsCut } from "../domain/cut-prompt.js";
import { countAxis, secondAxis } from "./axes.js";
import { Chart, escapePlotly } from "./chart.js";
import { chartTitle } from "./chart-title.js";
import { barEnds, errorBars, middleHalf } from "./error-bars.js";
import { BLEND_SETTING, inputLengthOf } from "./input-length.js";
import { legendFor } from "./legend.js";
import { methodCell } from "./method-cell.js";
import { methodGroups } from "./method-groups.js";
import { LAYOUT, styleOf } from "./theme.js";

/**
 * TTFT against input length, a line through the medians of each method, with bars over the middle half of its
 * requests; a label that mixes models or servers has a line for each. Rows count as in `blendTable`.
 *
 * @example await blendChart(rows).svg()
 */
export function blendChart(
  rows: readonly BlendRecord[],
  { title = "Time to first token by method" }: { readonly title?: string } = {},
): Chart {
  const isCut = cutPrompts(rows);
  const { groups } = methodGroups(rows, undefined, BLEND_SETTING);
  const data = groups
    .flatMap(({ methods }) => methods)
    .flatMap(({ name, rows }, index) => methodTrace(name, rows, isCut, index));
  return new Chart({
    data,
    layout: {
      ...LAYOUT,
      title: chartTitle(title, "median and middle half of the requests; collecting is in none of them"),
      xaxis: countAxis(
        "input (tokens)",
        data.flatMap(({ x }) => x),
      ),
      yaxis: secondAxis("TTFT (s)", barEnds(data)),
      ...legendFor(data.map(({ name }) => name)),
      showlegend: true,
    },
  });
}

function methodTrace(label: string, rows: readonly BlendRecord[], isCut: IsCut, index: number) {
  const points = [...group(rows, inputLengthOf)]
    .map(([length, cellRows]) => ({ length, seconds: methodCell(cellRows, isCut).seconds }))
    .filter(({ seconds }) => seconds.length > 0)
    .sort((a, b) => a.length - b.length)
    .map(({ length, seconds }) => ({ length, ...middleHalf(seconds) }));
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
      line: { color, width: 2 },
      marker: { color, size: 7, symbol },
    },
  ];
}
