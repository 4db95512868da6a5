import { group } from "d3-array";
import { Chart } from "../../charts/chart.js";
import { chartTitle, countAxis } from "../../charts/chart-frame.js";
import { errorBars } from "../../charts/error-bars.js";
import { escapePlotly } from "../../charts/layout/escape-plotly.js";
import { AXIS, GREY, styleOf } from "../../charts/style.js";
import { intervalWords, told } from "../../charts/told.js";
import { largest } from "../../domain/extremes.js";
import { type FirstToken, requireFirstToken } from "../../domain/records/first-token.js";
import { type Objectives, objectivesOf } from "../../domain/records/objectives.js";
import type { LoadRecord } from "../../domain/records/record-kinds.js";
import { random } from "../../stats/random.js";
import { shorten } from "../../tables/display-width.js";
import { formatNumber } from "../../tables/format.js";
import { whyEmpty } from "../why-empty.js";
import { AXIS_TITLES, byLoad, subtitle, symbolAt, UNITS, withoutEnds } from "./load-chart.js";
import { objectivesText } from "./load-notes.js";
import { goodputOf } from "./measures/goodput.js";
import { loadCells } from "./measures/load-cell.js";
import { loadLevels } from "./measures/load-level.js";

/** Options of a goodput chart. */
export interface GoodputChartOptions {
  /** The objectives that goodput counts by, such as `{ ttftSeconds: 0.5 }`. */
  readonly slo: Objectives;
  /** The title above; default "Goodput under load". */
  readonly title?: string;
  /** Which token counts as the first: content (the default), or any, including reasoning. */
  readonly firstToken?: FirstToken;
}

/**
 * Goodput against the request rate, or against concurrency in a closed loop, with its 95 % interval: a line for each label,
 * and a dotted line on which every request is good. Rows count as in `load.table`; levels that never settled have no point and break
 * the line, and hollow points mean that the client may have been the limit.
 *
 * @param rows of `load.run` or `load.read`.
 * @throws OptionError for an invalid objective, or an unknown first token.
 * @example await load.goodputChart(rows, { slo: { ttftSeconds: 0.5 } }).svg() // "<svg …"
 */
export function goodputChart(
  rows: readonly LoadRecord[],
  { slo, title = "Goodput under load", firstToken = "content" }: GoodputChartOptions,
): Chart {
  const objectives = objectivesOf(slo);
  const cells = loadCells(loadLevels(rows), rows, requireFirstToken(firstToken));
  const { axis, plotted } = byLoad(cells);
  const traces = [...group(plotted, ({ series }) => series)].flatMap(([{ name }, levels], index) => {
    const points = withoutEnds(levels, (cell) => {
      const { perSecond } = goodputOf(
        cell,
        objectives,
        firstToken,
        random("load table").fork(cell.key).fork("goodput"),
      );
      if (perSecond.estimate === null) return null;
      const { low, high } =
        "low" in perSecond ? perSecond : { low: perSecond.estimate, high: perSecond.estimate };
      return { low, middle: perSecond.estimate, high, n: cell.times("ttft").flat().length };
    });
    if (points.length === 0) return [];
    const { color, symbol } = styleOf(index);
    return [
      {
        type: "scatter",
        mode: "lines+markers",
        name: escapePlotly(shorten(name, 60)),
        x: points.map(({ cell }) => cell[axis]!),
        y: points.map(({ point }) => point?.middle ?? null),
        error_y: errorBars(
          points.map(({ point }) => point ?? { low: 0, middle: 0, high: 0 }),
          color,
        ),
        ...told(
          points.map(
            ({ cell, point }) =>
              point && {
                x: `${formatNumber(cell[axis]!)} ${UNITS[axis]}`,
                y: `${formatNumber(point.middle)} good requests/s`,
                ...{ interval: intervalWords("95 % CI", point, " requests/s"), n: point.n },
              },
          ),
        ),
        line: { color, width: 2 },
        marker: { color, size: 7, symbol: points.map(({ cell }) => symbolAt(cell, symbol)) },
      },
    ];
  });
  const rates = traces.flatMap(({ x }) => x);
  const most = Math.max(0, largest(rates));
  const all = {
    ...{ type: "scatter", mode: "lines", name: "every request good", x: [0, most], y: [0, most] },
    line: { color: GREY, width: 1.5, dash: "dot" },
  };
  const data = axis === "rate" && traces.length > 0 ? [...traces, all] : traces;
  const care = subtitle(cells, plotted, axis);
  return new Chart({
    empty: whyEmpty(rows),
    data,
    layout: {
      title: chartTitle(title, [objectivesText(objectives), ...(care === "" ? [] : [care])].join("; ")),
      // The dotted line begins at 0, which a logarithmic axis can't show.
      xaxis: { ...countAxis(AXIS_TITLES[axis], axis === "rate" ? [] : rates) },
      yaxis: { ...AXIS, title: { text: "goodput (requests/s)" }, rangemode: "tozero" },
    },
  });
}
