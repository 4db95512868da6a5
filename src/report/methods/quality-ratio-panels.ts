import type { Chart } from "../../charts/chart.js";
import { msAxis, toMs } from "../../charts/chart-frame.js";
import { middleHalf } from "../../charts/error-bars.js";
import { beside } from "../../charts/panels/beside.js";
import { cutPrompts } from "../../domain/records/cut-prompt.js";
import type { FirstToken } from "../../domain/records/first-token.js";
import type { QualityRecord } from "../../domain/records/record-kinds.js";
import { askedRows } from "./asked-rows.js";
import { methodCell } from "./method-cell.js";
import { methodGroups } from "./method-groups.js";
import { qualityRatioChart } from "./quality-ratio-chart.js";
import { QUALITY_SETTING } from "./quality-scores.js";
import { ratioChart, ratioPoints } from "./ratio-chart.js";
import { timedRows } from "./side-by-side.js";

/**
 * Score and TTFT against CacheBlend's recompute ratio beside each other, as figure 16 of the CacheBlend paper has them: mean scores
 * with their 95 % intervals, and medians of TTFT over the examples with their IQR. Where no time counts, such as those of concurrent
 * examples, the scores alone.
 */
export function qualityRatioPanels(
  rows: readonly QualityRecord[],
  {
    firstToken = "content",
    showTtft = false,
  }: { readonly firstToken?: FirstToken; readonly showTtft?: boolean } = {},
): Chart {
  const scores = qualityRatioChart(rows);
  const asked = askedRows(rows);
  const isCut = cutPrompts(asked);
  const points = ratioPoints(methodGroups(asked, undefined, QUALITY_SETTING), (own) => {
    const { seconds } = methodCell(timedRows(own, showTtft).rows, isCut, firstToken);
    return seconds.length === 0 ? null : middleHalf(seconds.map(toMs));
  });
  const times = ratioChart(points, {
    rows: asked,
    title: "Time to first token against the recompute ratio",
    subtitle: "TTFT: median and IQR of the examples",
    ...{ unit: " ms", interval: "IQR" },
    yaxis: msAxis(
      "median TTFT",
      points.flatMap(({ low, high }) => [low, high]),
    ),
  });
  if (scores.sketch.data.length === 0 || times.sketch.data.length === 0) return scores;
  return beside("Quality and time to first token against the recompute ratio", [scores, times]);
}
