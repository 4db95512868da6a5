import { datasetName } from "../../domain/records/dataset-name.js";
import type { QualityTableRow } from "../../report/methods/quality-comparison.js";

/** The lines that end a run in the bare wording: the mean score of every method, and its difference to the baseline. */
export function closingLines(rows: readonly QualityTableRow[]): string {
  return rows
    .map((row) => {
      const { metric, label, n, score, is_baseline, difference } = row;
      const mean = score === null ? "no answer counted" : `mean ${metric} ${score.toFixed(4)} (n = ${n})`;
      const beside =
        is_baseline || difference === null
          ? ""
          : `, difference to the baseline ${difference < 0 ? "−" : "+"}${Math.abs(difference).toFixed(4)}`;
      return `${datasetName(row)}, ${label}: ${mean}${beside}\n`;
    })
    .join("");
}
