import { group } from "d3-array";
import type { IsCut } from "../../domain/records/cut-prompt.js";
import { type FirstToken, firstTokenSeconds } from "../../domain/records/first-token.js";
import type { QualityRecord } from "../../domain/records/record-kinds.js";
import type { Trait } from "../../domain/records/series.js";
import { meanInterval } from "../../stats/bounded-mean.js";
import { meanOf } from "../../stats/summary.js";

/**
 * In what quality records must agree to be compared, besides where they come from. Logs that do not say contain bare prompts.
 */
export const QUALITY_SETTING: readonly Trait<
  Pick<QualityRecord, "wording" | "format" | "run_fingerprint">
>[] = [
  {
    name: "wording",
    of: ({ wording }) => (wording == null ? null : `the ${wording} wording`),
    silenceCounts: false,
  },
  {
    name: "format",
    of: ({ format }) => (format === "chat" ? "chats" : "bare prompts"),
    silenceCounts: true,
  },
  {
    name: "run fingerprint",
    of: ({ run_fingerprint }) => (run_fingerprint == null ? null : `the run fingerprint ${run_fingerprint}`),
    silenceCounts: false,
  },
];

/**
 * Scores by example, of rows that count: successful answers to uncut prompts whose evidence does not contradict the method.
 */
export function scoresOf(rows: readonly QualityRecord[], isCut: IsCut): ReadonlyMap<string, number> {
  return valuesOf(rows, isCut, ({ score }) => score);
}

/** The share of counted answers that had the tag they were asked for; null if none was asked for. */
export function parseRate(rows: readonly QualityRecord[], isCut: IsCut): number | null {
  const asked = rows.filter((row) => isCounted(row, isCut) && row.answer_parsed != null);
  return asked.length === 0 ? null : asked.filter((row) => row.answer_parsed).length / asked.length;
}

/** Seconds to the first token by example, of rows that count. */
export function secondsOf(
  rows: readonly QualityRecord[],
  isCut: IsCut,
  firstToken: FirstToken,
): ReadonlyMap<string, number> {
  return valuesOf(rows, isCut, (row) => firstTokenSeconds(row, firstToken));
}

/** How many examples were answered more than once, for instance because logs of two runs were read together. */
export function repeatedExamples(rows: readonly QualityRecord[], isCut: IsCut): number {
  const counted = rows.filter((row) => isCounted(row, isCut));
  return [...group(counted, ({ example_id }) => example_id).values()].filter(({ length }) => length > 1)
    .length;
}

const isCounted = (row: QualityRecord, isCut: IsCut): boolean =>
  row.outcome === "ok" && row.evidence !== "contradicted" && !isCut(row);

/** A number for each example, of rows that count: the mean if it was answered more than once. */
export function valuesOf(
  rows: readonly QualityRecord[],
  isCut: IsCut,
  numberOf: (row: QualityRecord) => number | null,
): ReadonlyMap<string, number> {
  const sums = new Map<string, { sum: number; n: number }>();
  for (const row of rows) {
    const value = isCounted(row, isCut) ? numberOf(row) : null;
    if (value === null) continue;
    const { sum, n } = sums.get(row.example_id) ?? { sum: 0, n: 0 };
    sums.set(row.example_id, { sum: sum + value, n: n + 1 });
  }
  return new Map([...sums].map(([id, { sum, n }]) => [id, sum / n]));
}

/** A mean with its bounds; null where it has none. */
export interface MeanScore {
  readonly low: number | null;
  readonly middle: number;
  readonly high: number | null;
}

/** The mean score with its 95 % interval; without one for scores outside 0 to 1. */
export function meanScore(scores: readonly number[]): MeanScore {
  const values = Float64Array.from(scores);
  const middle = meanOf(values);
  if (scores.some((score) => !(score >= 0 && score <= 1))) return { low: null, middle, high: null };
  return { middle, ...meanInterval(values, 0.95, { lowest: 0, highest: 1 }) };
}
