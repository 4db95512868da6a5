import type { Chart } from "../../charts/chart.js";
import { OptionError } from "../../domain/errors/errors.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import { recomputesOf } from "../../domain/records/methods.js";
import type {
  BlendRecord,
  LoadRecord,
  ProxyRecord,
  QualityRecord,
  TtftRecord,
} from "../../domain/records/record-kinds.js";
import { inputLengthOf } from "../context-length.js";
import { loadChart } from "../load/load-chart.js";
import type { BlendAxis } from "../methods/blend-axis.js";
import { blendChart } from "../methods/blend-chart.js";
import { blendRatioChart } from "../methods/blend-ratio-chart.js";
import { qualityChart } from "../methods/quality-chart.js";
import { qualityRatioChart } from "../methods/quality-ratio-chart.js";
import { qualityRatioPanels } from "../methods/quality-ratio-panels.js";
import { proxyChart } from "../proxy/proxy-chart.js";
import { ttftChart } from "../ttft/ttft-chart.js";

/** What the one chart of a kind of rows takes besides them. */
interface Shown {
  readonly firstToken?: FirstToken;
  readonly showTtft?: boolean;
}

/** The rows that a chart can be drawn of, by kind. */
export interface ChartRows {
  readonly ttft: readonly TtftRecord[];
  readonly blend: readonly BlendRecord[];
  readonly quality: readonly QualityRecord[];
  readonly load: readonly LoadRecord[];
  readonly proxy: readonly ProxyRecord[];
}

/** TTFT of methods against what was varied: the number of chunks, the recompute ratio of one input, or else the input's length. */
export function blendOverview(
  rows: readonly BlendRecord[],
  { firstToken = "content", against }: Shown & { readonly against?: BlendAxis | undefined } = {},
): Chart {
  if (against !== undefined) return blendChart(rows, { firstToken, against });
  if (new Set(rows.flatMap(({ chunks }) => chunks ?? [])).size > 1)
    return blendChart(rows, { firstToken, against: "chunks" });
  return hasRatios(rows) && new Set(rows.map(inputLengthOf)).size === 1
    ? blendRatioChart(rows, { firstToken })
    : blendChart(rows, { firstToken });
}

/** Quality and TTFT against the recompute ratio where several were measured, else quality against TTFT. */
export const qualityOverview = (rows: readonly QualityRecord[], shown: Shown = {}): Chart =>
  hasRatios(rows) ? qualityRatioPanels(rows, shown) : qualityChart(rows, shown);

/**
 * The rows of the one kind that there is, how the chart of all is drawn, and how that of some of them, which is one panel.
 *
 * @throws OptionError where there are rows of several kinds, or none.
 */
export function kindChart(
  { ttft, blend, quality, load, proxy }: ChartRows,
  shown: Shown,
): {
  readonly rows: readonly object[];
  readonly chart: () => Chart;
  readonly chartOf: (rows: readonly object[]) => Chart;
} {
  const { firstToken = "content" } = shown;
  const isByRatio = hasRatios(quality);
  const drawn = [
    of("ttft", ttft, (own) => ttftChart(own, { firstToken })),
    of("blend", blend, (own) => blendOverview(own, shown)),
    of(
      "quality",
      quality,
      (own) => (isByRatio ? qualityRatioChart(own) : qualityChart(own, shown)),
      (all) => qualityOverview(all, shown),
    ),
    of("load", load, (own) => loadChart(own, { firstToken })),
    of("proxy", proxy, (own) => proxyChart(own)),
  ].filter(({ rows }) => rows.length > 0);
  const [only, ...more] = drawn;
  if (only !== undefined && more.length === 0) return only;
  const kinds = drawn.map(({ kind }) => kind).join(", ");
  throw new OptionError("chart", "needs logs of one kind", kinds || "no rows");
}

const of = <R extends object>(
  kind: string,
  rows: readonly R[],
  chartOf: (rows: readonly R[]) => Chart,
  whole = chartOf,
) => ({
  kind,
  rows: rows as readonly object[],
  chart: () => whole(rows),
  chartOf: (own: readonly object[]) => chartOf(own as readonly R[]),
});

/** Whether a blend was measured at several recompute ratios, so that a chart against them makes sense. */
export function hasRatios(rows: readonly (BlendRecord | QualityRecord)[]): boolean {
  return (
    new Set(
      rows.flatMap(({ method, recompute_ratio }) =>
        recomputesOf(method) === "share" ? (recompute_ratio ?? []) : [],
      ),
    ).size > 1
  );
}
