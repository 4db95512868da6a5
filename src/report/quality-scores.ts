import type { QualityRecord } from "../domain/quality-record.js";

/** Scores by example, of what counts: good answers whose evidence does not contradict the method. */
export function scoresOf(rows: readonly QualityRecord[]): ReadonlyMap<string, number> {
  return new Map(
    rows.flatMap(({ example_id, score, outcome, evidence }) =>
      outcome === "ok" && evidence !== "contradicted" && score !== null ? [[example_id, score] as const] : [],
    ),
  );
}
