import type { IsCut } from "../domain/cut-prompt.js";
import type { QualityRecord } from "../domain/quality-record.js";

/** Scores by example, of what counts: good answers to whole prompts whose evidence does not contradict the method. */
export function scoresOf(rows: readonly QualityRecord[], isCut: IsCut): ReadonlyMap<string, number> {
  return new Map(
    rows.flatMap((row) => {
      const { example_id, score, outcome, evidence } = row;
      const counts = outcome === "ok" && evidence !== "contradicted" && score !== null && !isCut(row);
      return counts ? [[example_id, score] as const] : [];
    }),
  );
}
