import type { Chart } from "../../charts/chart.js";
import { escapePlotly } from "../../charts/layout/escape-plotly.js";
import { AXIS } from "../../charts/style.js";
import { OptionError } from "../../domain/errors/errors.js";
import { cutPrompts } from "../../domain/records/cut-prompt.js";
import { datasetName } from "../../domain/records/dataset-name.js";
import type { QualityRecord } from "../../domain/records/record-kinds.js";
import { askedRows } from "./asked-rows.js";
import { methodGroups } from "./method-groups.js";
import { meanScore, QUALITY_SETTING, scoresOf } from "./quality-scores.js";
import { ratioChart, ratioPoints } from "./ratio-chart.js";

/**
 * Score against CacheBlend's recompute ratio, with 95 % intervals over the examples, between full prefill
 * and full KV reuse. Rows count as in `quality.table`.
 *
 * @param rows of `quality.run` or `quality.read`.
 * @throws OptionError for rows of more than one dataset or metric.
 * @example await quality.ratioChart(rows).svg() // "<svg …"
 */
export function qualityRatioChart(
  rows: readonly QualityRecord[],
  {
    title = "Quality against the recompute ratio",
  }: {
    /** The title above; default "Quality against the recompute ratio". */
    readonly title?: string;
  } = {},
): Chart {
  const asked = askedRows(rows);
  const sets = [...new Set(asked.map((row) => `${datasetName(row)}, ${row.metric}`))];
  if (sets.length > 1) throw new OptionError("rows", "must be of one dataset and metric", sets.join("; "));
  const isCut = cutPrompts(asked);
  return ratioChart(
    ratioPoints(methodGroups(asked, undefined, QUALITY_SETTING), (own) => {
      const scores = [...scoresOf(own, isCut).values()];
      if (scores.length === 0) return null;
      const { low, middle, high } = meanScore(scores);
      return { low: low ?? middle, middle, high: high ?? middle, n: scores.length };
    }),
    {
      title,
      rows: asked,
      subtitle: `${sets[0]}; mean score with its 95 % interval`,
      ...{ unit: "", interval: "95 % CI" },
      yaxis: {
        ...AXIS,
        title: { text: escapePlotly(asked[0]?.metric ?? "score") },
        range: [-0.03, 1.05],
      },
    },
  );
}
