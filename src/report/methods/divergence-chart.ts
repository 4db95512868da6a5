import type { Chart } from "../../charts/chart.js";
import { AXIS } from "../../charts/style.js";
import { OptionError } from "../../domain/errors/errors.js";
import { cutPrompts } from "../../domain/records/cut-prompt.js";
import { datasetName } from "../../domain/records/dataset-name.js";
import type { QualityRecord } from "../../domain/records/record-kinds.js";
import { random } from "../../stats/random.js";
import { unboundedMean } from "../../stats/unbounded-difference.js";
import { askedRows } from "./asked-rows.js";
import { methodGroups } from "./method-groups.js";
import { QUALITY_SETTING, valuesOf } from "./quality-scores.js";
import { ratioChart, ratioPoints } from "./ratio-chart.js";

/**
 * The divergence from full prefill against the recompute ratio: the mean KL per token in nats, with 95 % intervals over the
 * examples, from full prefill's own to full KV reuse's. Rows count as in `quality.divergenceTable`.
 *
 * @param rows of `quality.run` with `divergence`, or of `quality.read`.
 * @throws OptionError for rows of more than one dataset.
 * @example await quality.divergenceChart(rows).svg() // "<svg …"
 */
export function divergenceChart(
  rows: readonly QualityRecord[],
  {
    title = "Divergence from full prefill against the recompute ratio",
  }: {
    /** The title above; default "Divergence from full prefill against the recompute ratio". */
    readonly title?: string;
  } = {},
): Chart {
  const asked = askedRows(rows);
  const sets = [...new Set(asked.map(datasetName))];
  if (sets.length > 1) throw new OptionError("rows", "must be of one dataset", sets.join("; "));
  const isCut = cutPrompts(asked);
  const points = ratioPoints(methodGroups(asked, undefined, QUALITY_SETTING), (own) => {
    const values = Float64Array.from(valuesOf(own, isCut, ({ kl_nats }) => kl_nats ?? null).values());
    if (values.length === 0) return null;
    const mean = unboundedMean(values, { random: random("divergence chart") });
    const middle = mean.estimate ?? 0;
    return "low" in mean
      ? { low: mean.low, middle, high: mean.high, n: values.length }
      : { low: middle, middle, high: middle, n: values.length };
  });
  return ratioChart(points, {
    title,
    rows: asked,
    subtitle: `${sets[0] ?? "no dataset"}; mean KL(full prefill ‖ method) of a token with its 95 % interval`,
    ...{ unit: " nats", interval: "95 % CI" },
    yaxis: { ...AXIS, title: { text: "KL (nats)" }, rangemode: "tozero" },
  });
}
