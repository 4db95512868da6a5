import { group } from "d3-array";
import { Chart } from "../../charts/chart.js";
import { chartTitle, msAxis, toMs } from "../../charts/chart-frame.js";
import { type BarPoint, errorBars } from "../../charts/error-bars.js";
import { escapePlotly } from "../../charts/layout/escape-plotly.js";
import { AXIS, GREY, styleOf } from "../../charts/style.js";
import { intervalWords, told } from "../../charts/told.js";
import { largest } from "../../domain/extremes.js";
import { datasetName } from "../../domain/records/dataset-name.js";
import type { QualityRecord } from "../../domain/records/record-kinds.js";
import { formatNumber } from "../../tables/format.js";
import { whyEmpty } from "../why-empty.js";
import type { QualityTableRow } from "./quality-comparison.js";
import { type QualityTableOptions, qualityTable } from "./quality-table.js";

/** Options of a chart of quality against TTFT. */
export interface QualityChartOptions extends Pick<QualityTableOptions, "firstToken" | "showTtft"> {
  /** The title above; default "Quality against time to first token". */
  readonly title?: string;
}

/**
 * Score against mean TTFT, a point for each method, and the Pareto front: the line through those that no other beats in both.
 * Each dataset, model and server has a front of its own. Rows count as in `quality.table`.
 *
 * @param rows of `quality.run` or `quality.read`.
 * @throws OptionError for an unknown first token.
 * @example await quality.chart(rows).svg() // "<svg …"
 */
export function qualityChart(
  rows: readonly QualityRecord[],
  { title = "Quality against time to first token", ...shown }: QualityChartOptions = {},
): Chart {
  const table = qualityTable(rows, shown).rows;
  const sets = new Set(table.map(setOf));
  const named = (name: string, row: QualityTableRow) => (sets.size > 1 ? `${name}, ${setOf(row)}` : name);
  const methods = table.flatMap((row) =>
    row.score === null || row.ttft_median_seconds === null
      ? []
      : [{ row, label: named(row.label, row), score: row.score, seconds: toMs(row.ttft_median_seconds) }],
  );
  const groups = [...group(methods, ({ row }) => JSON.stringify([setOf(row), row.group])).values()];
  const fronts = groups.map((members) => {
    const front = paretoFront(members);
    const { row } = members[0]!;
    const whose = groups.length > 1 && row.group !== "" ? `Pareto front, ${row.group}` : "Pareto front";
    return {
      type: "scatter",
      mode: "lines",
      name: escapePlotly(named(whose, row)),
      x: front.map(({ seconds }) => seconds),
      y: front.map(({ score }) => score),
      line: { color: GREY, width: 1.5, dash: "dot" },
    };
  });
  const sizes = sizesOf(methods);
  const points = methods.map(({ row, label, seconds, score }, index) => ({
    type: "scatter",
    mode: "markers",
    cliponaxis: false,
    name: escapePlotly(label),
    x: [seconds],
    y: [score],
    error_y: errorBars([scoreBar(row)], styleOf(index).color),
    ...told([
      {
        ...{ x: `${formatNumber(seconds)} ms`, y: formatNumber(score) },
        ...{ interval: intervalWords("95 % CI", scoreBar(row)), n: row.n },
      },
    ]),
    marker: hollow(styleOf(index), sizes[index]!),
  }));
  const times = timeWords(table, shown);
  return new Chart({
    ...(times.length === 0 && { empty: whyEmpty(rows) }),
    data: [...fronts, ...points],
    layout: {
      title: chartTitle(
        title,
        [[...new Set(methods.map(({ row }) => datasetName(row)))].join(", "), ...times]
          .filter((part) => part !== "")
          .join("; "),
      ),
      xaxis: msAxis(
        "median TTFT",
        methods.map(({ seconds }) => seconds),
      ),
      yaxis: {
        ...AXIS,
        title: { text: escapePlotly([...new Set(methods.map(({ row }) => row.metric))].join(", ")) },
        range: [-0.03, 1.08],
      },
    },
  });
}

const hollow = ({ color, symbol }: ReturnType<typeof styleOf>, size: number) => ({
  ...{ color, size, symbol: `${symbol}-open` },
  line: { width: 2, color },
});

/** The size of a mark, and by how much one around another is larger. */
const SIZE = 11;
const AROUND = 7;
/** Points closer than this share of the axes hide each other. */
const CLOSE = 0.025;

/** The sizes of hollow marks: one that lies on others is drawn around them. */
function sizesOf(points: readonly { readonly seconds: number; readonly score: number }[]): number[] {
  const span = largest(points.map(({ seconds }) => seconds));
  return points.map(({ seconds, score }, index) => {
    const before = points
      .slice(0, index)
      .filter(
        (other) =>
          Math.abs(other.seconds - seconds) <= CLOSE * span && Math.abs(other.score - score) <= CLOSE,
      );
    return SIZE + AROUND * before.length;
  });
}

/** The mean score with its interval, where it has one. */
const scoreBar = ({ score, score_low, score_high }: QualityTableRow): BarPoint => ({
  low: score_low ?? score!,
  middle: score!,
  high: score_high ?? score!,
});

const setOf = (row: QualityTableRow): string => `${datasetName(row)} ${row.metric}`;

/** Notes for the time axis: whose times are left out, and what else is included in those shown. */
function timeWords(
  table: readonly QualityTableRow[],
  { firstToken = "content", showTtft = false }: QualityChartOptions,
): string[] {
  const counts = [...new Set(table.map(({ concurrency }) => concurrency ?? 1).filter((count) => count > 1))];
  const together = `${counts.join(" or ")} concurrent examples`;
  const thinks = table.some(({ reasoning_n }) => reasoning_n > 0);
  return [
    ...(counts.length === 0
      ? []
      : [showTtft ? `TTFT with ${together}` : `no TTFT of ${together} (showTtft)`]),
    ...(thinks
      ? [firstToken === "any" ? "to any first token" : "to the first content, after reasoning"]
      : []),
  ];
}

/** A method's position in the trade-off: sooner is better, higher is better. */
export interface Trade {
  readonly seconds: number;
  readonly score: number;
}

/**
 * The points that no other beats in both time and score, from the soonest on.
 *
 * @example paretoFront([{ seconds: 1, score: 0.5 }, { seconds: 2, score: 0.4 }, { seconds: 3, score: 0.9 }]).length // 2
 */
export function paretoFront<T extends Trade>(trades: readonly T[]): T[] {
  const soonest = [...trades].sort((a, b) => a.seconds - b.seconds || b.score - a.score);
  let best = Number.NEGATIVE_INFINITY;
  return soonest.filter(({ score }) => {
    if (score <= best) return false;
    best = score;
    return true;
  });
}
