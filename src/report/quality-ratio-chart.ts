import { cutPrompts } from "../domain/cut-prompt.js";
import { OptionError } from "../domain/errors.js";
import type { QualityRecord } from "../domain/quality-record.js";
import { bootstrap } from "../stats/bootstrap.js";
import { equalPairsBound } from "../stats/equal-pairs.js";
import { random } from "../stats/random.js";
import { meanOf } from "../stats/summary.js";
import { askedRows } from "./asked-rows.js";
import { type Chart, escapePlotly } from "./chart.js";
import type { BarPoint } from "./error-bars.js";
import { methodGroups } from "./method-groups.js";
import { QUALITY_SETTING, scoresOf } from "./quality-scores.js";
import { ratioChart, ratioPoints } from "./ratio-chart.js";
import { AXIS } from "./theme.js";

/**
 * Score against CacheBlend's recompute ratio, with 95 % bootstrap intervals over the examples, between full prefill
 * and full KV reuse. Rows count as in `qualityTable`.
 *
 * @throws OptionError for rows of more than one dataset or metric.
 * @example await qualityRatioChart(rows).svg()
 */
export function qualityRatioChart(
  all: readonly QualityRecord[],
  { title = "Quality against the recompute ratio" }: { readonly title?: string } = {},
): Chart {
  const rows = askedRows(all);
  const sets = [...new Set(rows.map(({ dataset, metric }) => `${dataset}, ${metric}`))];
  if (sets.length > 1) throw new OptionError("rows", "must be of one dataset and metric", sets.join("; "));
  const isCut = cutPrompts(rows);
  return ratioChart(
    ratioPoints(methodGroups(rows, undefined, QUALITY_SETTING), (own, name) => {
      const scores = [...scoresOf(own, isCut).values()];
      return scores.length === 0 ? null : meanScore(scores, name);
    }),
    {
      title,
      subtitle: `${sets[0]}; mean score with its 95 % interval`,
      yaxis: {
        ...AXIS,
        title: { text: escapePlotly(rows[0]?.metric ?? "score") },
        range: [-0.03, 1.05],
      },
    },
  );
}

/** The mean score with its interval; where all are equal, with the bound on how often another may come up. */
function meanScore(scores: readonly number[], label: string): BarPoint {
  const mean = bootstrap(scores, meanOf, { random: random("quality ratio chart").fork(label) });
  const middle = mean.estimate!;
  if (!("low" in mean)) return { low: middle, middle, high: middle };
  const bound = scores.every((score) => score === scores[0]) ? equalPairsBound(scores.length, 0.025) : 0;
  return { low: Math.max(0, mean.low - bound), middle, high: Math.min(1, mean.high + bound) };
}
