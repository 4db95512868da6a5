import { type PromptCounts, promptIsShort } from "../domain/records/cut-prompt.js";
import type { BlendRecord } from "../domain/records/record-kinds.js";
import type { Trait } from "../domain/records/series.js";
import { isEstimate } from "../domain/records/token-count.js";
import type { Outcome } from "../domain/records/words.js";
import { median } from "../stats/quantile.js";
import { formatCount } from "../tables/format.js";

/** The length of a record's context. */
export type LengthRow = Pick<
  PromptCounts,
  "context_tokens" | "token_counter" | "prompt_tokens" | "cached_tokens"
> & {
  readonly outcome: Outcome;
};

/** Whether an estimate counted any of these contexts. */
export const isEstimated = (rows: readonly LengthRow[]): boolean =>
  rows.some(({ token_counter }) => isEstimate(token_counter));

/** A context's length for a table, with the mark of an estimate. */
export const contextText = (tokens: number, rows: readonly LengthRow[]): string =>
  `${isEstimated(rows) ? "~" : ""}${formatCount(tokens)}`;

/** The unit of an axis of lengths. */
export const tokenUnit = (rows: readonly LengthRow[]): string =>
  isEstimated(rows) ? "tokens, estimated" : "tokens";

/** The median of the prompt tokens that the server counted in successful requests; null if it reports none. */
export function sentTokens(rows: readonly LengthRow[]): number | null {
  const counts = rows.flatMap(({ outcome, prompt_tokens }) =>
    outcome === "ok" ? (prompt_tokens ?? []) : [],
  );
  return counts.length === 0 ? null : median(counts);
}

/** How much two lengths may differ and still be compared. */
const ALIKE_WITHIN = 0.05;

/**
 * Why the times of two groups with estimated contexts can't be compared: the server's own counts differ by more than 5 %, or
 * there are none and the counters differ. Null if they can.
 */
export function unlikeLengths(rows: readonly LengthRow[], others: readonly LengthRow[]): string | null {
  if (!isEstimated([...rows, ...others])) return null;
  const [own, their] = [sentTokens(rows), sentTokens(others)];
  if (own !== null && their !== null) {
    return Math.abs(own / their - 1) <= ALIKE_WITHIN
      ? null
      : `lengths are estimates, and the server's own counts differ: ${formatCount(own)} and ${formatCount(their)} prompt tokens`;
  }
  return new Set([...rows, ...others].map(({ token_counter }) => token_counter ?? null)).size === 1
    ? null
    : "lengths were counted in different ways, at least one an estimate, and no usage report shows that they agree";
}

/** What the mark of an estimate means, with the server's own count if reported; nothing for exact counts. */
export function estimateNote(rows: readonly LengthRow[]): string[] {
  const found = estimated(rows);
  if (found === null) return [];
  const { counters, example } = found;
  return [
    `~: lengths counted by an estimate (${counters}), not by the model's tokenizer${
      example === null
        ? ""
        : `; the server counted ${example.sent} prompt tokens, question and template included, where the estimate says ${example.said}`
    }.`,
  ];
}

/** {@link estimateNote} in Chinese. */
export function estimateNoteZh(rows: readonly LengthRow[]): string[] {
  const found = estimated(rows);
  if (found === null) return [];
  const { counters, example } = found;
  return [
    `~：长度由估算得出（${counters}），并非模型自己的分词器${
      example === null
        ? ""
        : `；估算为 ${example.said} 时，服务器计得 ${example.sent} 个提示词 token（含问题与模板）`
    }。`,
  ];
}

function estimated(rows: readonly LengthRow[]) {
  const own = rows.filter(({ token_counter }) => isEstimate(token_counter));
  if (own.length === 0) return null;
  const counters = [...new Set(own.map(({ token_counter }) => token_counter))].join(", ");
  const told = own.filter(
    (row) => row.context_tokens !== null && sentTokens([row]) !== null && !promptIsShort(row),
  );
  const longest = told.reduce<LengthRow | null>(
    (most, row) => (most === null || row.context_tokens! > most.context_tokens! ? row : most),
    null,
  );
  const example =
    longest === null
      ? null
      : { sent: formatCount(longest.prompt_tokens!), said: formatCount(longest.context_tokens!) };
  return { counters, example };
}

/** The input length that a row belongs to: the one asked for, else the actual one. */
export const inputLengthOf = ({
  input_target,
  context_tokens,
}: Pick<BlendRecord, "input_target" | "context_tokens">): number => input_target ?? context_tokens;

/** In what blend records must agree to be compared, besides where they come from. */
export const BLEND_SETTING: readonly Trait<Pick<BlendRecord, "chunks">>[] = [
  { name: "chunks", of: ({ chunks }) => (chunks === null ? null : `${chunks} chunks`), silenceCounts: false },
];
