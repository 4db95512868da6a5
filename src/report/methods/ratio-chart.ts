import { group } from "d3-array";
import { Chart } from "../../charts/chart.js";
import { chartTitle } from "../../charts/chart-frame.js";
import { type BarPoint, errorBars } from "../../charts/error-bars.js";
import { escapePlotly } from "../../charts/layout/escape-plotly.js";
import { AXIS, styleOf } from "../../charts/style.js";
import { intervalWords, told } from "../../charts/told.js";
import { largest } from "../../domain/extremes.js";
import { METHODS, type MethodName, recomputesOf, winsBack } from "../../domain/records/methods.js";
import type { Outcome } from "../../domain/records/words.js";
import { shorten } from "../../tables/display-width.js";
import { formatNumber } from "../../tables/format.js";
import { whyEmpty } from "../why-empty.js";
import type { MethodGroups, MethodOrigin } from "./method-groups.js";

/** The result of one method, for a chart against the recompute ratio. */
export interface RatioPoint extends BarPoint {
  readonly label: string;
  /** What distinguishes it from other series of its label; empty if there is none. */
  readonly suffix: string;
  /** The index of its group: a curve never joins two. */
  readonly group: number;
  readonly method: MethodName | null;
  readonly recompute_ratio: number | null;
}

/** The texts and the vertical axis of a chart against the recompute ratio. */
export interface RatioChartFrame {
  readonly title: string;
  readonly subtitle: string;
  readonly yaxis: Readonly<Record<string, unknown>>;
  /** The unit of the vertical axis, with a space before it; empty for none. */
  readonly unit: string;
  readonly interval: "IQR" | "95 % CI";
  /** The rows whose points it shows. */
  readonly rows: readonly (MethodOrigin & { readonly outcome: Outcome })[];
}

/** Horizontal lines end to the right of the last blend, each by so much of its ratio further, so that their bars do not overlap. */
const BEYOND = 0.05;

/**
 * Something against the recompute ratio: a line through the blends of one name, model and server; full prefill and full KV
 * reuse, which don't depend on the ratio, as horizontal lines with their bar at the right end. A blend's name is its label
 * without the ratio at its end.
 */
export function ratioChart(
  points: readonly RatioPoint[],
  { title, subtitle, yaxis, rows, ...words }: RatioChartFrame,
): Chart {
  const blends = points.flatMap(({ recompute_ratio, ...point }) =>
    winsBack(point.method) && recompute_ratio !== null ? [{ ...point, recompute_ratio }] : [],
  );
  const curves = [
    ...group(blends, (point) => JSON.stringify([point.group, nameOf(point), curveSuffix(point)])).values(),
  ];
  const references = points.filter(({ method }) => acrossOf(method) !== null);
  const end = Math.max(0, largest(blends.map(({ recompute_ratio }) => recompute_ratio)));
  const data = [
    ...curves.map((curve, index) =>
      blendTrace(`${nameOf(curve[0]!)}${curveSuffix(curve[0]!)}`, curve, index, words),
    ),
    ...(end === 0
      ? []
      : references.map((one, index) =>
          referenceTrace(one, end, { index, style: curves.length + index, words }),
        )),
  ];
  const asked = rows.filter((row) => winsBack(row.method) && ratioOf([row]) !== null);
  return new Chart({
    empty: rows.length > 0 && asked.length === 0 ? "no blend with a recompute ratio" : whyEmpty(asked),
    data,
    layout: {
      title: chartTitle(title, subtitle),
      xaxis: { ...AXIS, title: { text: "recompute ratio r" }, tickformat: ".0%", rangemode: "tozero" },
      yaxis,
    },
  });
}

/** The points of the methods that have a value, in the order of their groups. */
export function ratioPoints<R extends MethodOrigin>(
  { groups }: MethodGroups<R>,
  pointOf: (rows: readonly R[], name: string) => BarPoint | null,
): RatioPoint[] {
  return groups.flatMap(({ methods }, group) =>
    methods.flatMap(({ label, suffix, name, rows }) => {
      const value = pointOf(rows, name);
      const { method } = rows[0]!;
      const recompute_ratio = ratioOf(rows);
      return value === null ? [] : [{ label, suffix, group, method, recompute_ratio, ...value }];
    }),
  );
}

/** The ratio asked for; for a method that is configured differently, the mean of the actual ratios. */
function ratioOf(rows: readonly MethodOrigin[]): number | null {
  const [first] = rows;
  if (recomputesOf(first!.method) !== "beginnings") return first!.recompute_ratio;
  const reached = rows.flatMap(({ recomputed_ratio }) => recomputed_ratio ?? []);
  return reached.length === 0 ? null : reached.reduce((sum, ratio) => sum + ratio, 0) / reached.length;
}

/** A suffix that distinguishes ratios is not part of a curve's name: its points are the ratios. */
const curveSuffix = ({ suffix, recompute_ratio }: RatioPoint): string =>
  suffix
    .replace(`r = ${recompute_ratio}`, "")
    .replace(/k = \d+/, "")
    .replace(/[ ·,]+$/, "");

function blendTrace(
  name: string,
  points: readonly (RatioPoint & { readonly recompute_ratio: number })[],
  index: number,
  words: Words,
) {
  const { color, symbol } = styleOf(index);
  const ascending = [...points].sort((a, b) => a.recompute_ratio - b.recompute_ratio);
  return {
    type: "scatter",
    mode: "lines+markers",
    name: escapePlotly(shorten(name, 80)),
    x: ascending.map(({ recompute_ratio }) => recompute_ratio),
    y: ascending.map(({ middle }) => middle),
    error_y: errorBars(ascending, color),
    ...told(ascending.map((point) => wordsOf(point, words))),
    line: { color, width: 2 },
    marker: { color, size: 7, symbol },
  };
}

type Words = Pick<RatioChartFrame, "unit" | "interval">;

const wordsOf = (point: RatioPoint, { unit, interval }: Words) => ({
  x: point.recompute_ratio === null ? "no ratio" : `r = ${formatNumber(100 * point.recompute_ratio)} %`,
  y: `${formatNumber(point.middle)}${unit}`,
  interval: intervalWords(interval, point, unit),
  n: point.n,
});

/** A line across, with its bar and a mark at the right end: each further to the right, so that equal ones don't hide each other. */
function referenceTrace(
  point: RatioPoint,
  end: number,
  { index, style, words }: { readonly index: number; readonly style: number; readonly words: Words },
) {
  const { color, symbol } = styleOf(style);
  const { label, suffix, method, middle } = point;
  const start = { low: middle, middle, high: middle };
  return {
    type: "scatter",
    mode: "lines+markers",
    name: escapePlotly(shorten(`${label}${suffix}`, 80)),
    x: [0, (1 + BEYOND * (index + 1)) * end],
    y: [middle, middle],
    error_y: errorBars([start, point], color),
    ...told([wordsOf(point, words), wordsOf(point, words)]),
    line: { color, width: 2, dash: acrossOf(method) },
    marker: { color, size: 7, symbol: `${symbol}-open`, opacity: [0, 1] },
  };
}

const acrossOf = (method: MethodName | null) => (method === null ? null : METHODS[method].across);

/** The part of the name that the points of one curve share. */
const nameOf = ({ label, method, recompute_ratio }: RatioPoint): string =>
  recomputesOf(method) === "beginnings"
    ? label.replace(/[\s,(]+(?:k\s*=?\s*)?\d+\)?\s*$/, "") || label
    : withoutRatio(label, recompute_ratio ?? undefined);

/** Labels round their ratio to whole percentages, or to two digits. */
const ROUNDED = 0.0051;

/**
 * A label without the ratio at its end: a separate number, equal to the ratio if that is given. The 100 of `CacheBlend H100`
 * is not one.
 *
 * @example withoutRatio("CacheBlend 15%") // "CacheBlend"; withoutRatio("CacheBlend (r = 0.15)") // "CacheBlend"
 */
export function withoutRatio(label: string, ratio?: number): string {
  const end = /[\s,(]+(?:r\s*=?\s*)?(\d+(?:\.\d+)?)\s*%?\)?\s*$/.exec(label);
  if (end === null) return label;
  const isRatio =
    ratio === undefined || [1, 100].some((parts) => Math.abs(Number(end[1]) / parts - ratio) <= ROUNDED);
  return isRatio ? label.slice(0, end.index) || label : label;
}
