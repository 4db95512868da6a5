import { max } from "d3-array";
import type { FirstToken } from "../../domain/records/first-token.js";
import { OUTCOMES } from "../../domain/records/words.js";
import { median } from "../../stats/quantile.js";
import { formatCount, formatCounted, formatMs } from "../../tables/format.js";
import { cutSentence, type FirstTokenCounts, firstTokenNotes, TO_FIRST } from "../request-notes.js";
import { pairingNote } from "./cold-over-warm.js";
import type { Counting, NamedCell, StatedOrNot, TtftCell } from "./ttft-cell.js";

/** Why a state of a cell has no median. */
export function whyNoMedian(
  { seconds, requests, outcomes, cut, onlyReasoning }: TtftCell,
  state: StatedOrNot,
): string {
  const asked = requests[state];
  if (asked === 0) return `no ${state} request`;
  if (seconds[state].length > 0) return "";
  if (outcomes.ok > 0 && cut.length === outcomes.ok) return "the server cut the prompts";
  if (outcomes.ok > 0 && onlyReasoning === outcomes.ok) return "reasoning came, but no content";
  return outcomes.ok === 0
    ? `every request failed (${asked} ${state})`
    : `none of ${asked} ${state} ${asked === 1 ? "request" : "requests"} counts: failed, without a token, or contradicted`;
}

/**
 * The sentences below every TTFT table: evidence, failures, and what the rows don't say.
 *
 * @param ratio the name of the column for cold over warm; null for a table without it, which has one kind of first token.
 */
export function ttftNotes(
  cells: readonly NamedCell[],
  { includeContradicted, firstToken }: Counting,
  ratio: string | null,
): string[] {
  return [
    ...evidenceNote(cells, includeContradicted),
    ...queueNote(cells),
    ...cutSentence(cells.flatMap(({ cell }) => cell.cut)),
    ...failureNote(cells),
    ...firstTokenNotes(firstTokenCounts(cells), firstToken, ratio !== null),
    ...(ratio === null ? [] : pairingNote(cells, ratio)),
    ...unstatedNote(cells),
  ];
}

/** How the medians and the ratios of TTFT tables are made, for a reader of the paper. */
export function ttftMethod(firstToken: FirstToken): string {
  return (
    `Medians of n requests, in ms, from the request's first byte handed to an open connection to ` +
    `${TO_FIRST[firstToken]}. ×: ratio of medians; brackets: 95 % bootstrap interval of 10,000 resamples, widened for small n.`
  );
}

function evidenceNote(cells: readonly NamedCell[], includeContradicted: boolean): string[] {
  const total = (kind: "proven" | "contradicted" | "unproven") =>
    sum(cells, ({ evidence }) => evidence[kind]);
  const contradicted = total("contradicted");
  if (total("proven") + contradicted + total("unproven") === 0) return [];
  const fate = contradicted === 0 ? "" : includeContradicted ? " (counted anyway)" : " (left out)";
  return [
    `Cache state by the server's own report: ${formatCount(total("proven"))} proven, ` +
      `${formatCount(contradicted)} contradicted${fate}, ${formatCount(total("unproven"))} unproven.`,
  ];
}

function queueNote(cells: readonly NamedCell[]): string[] {
  const waits = cells.flatMap(({ cell }) => cell.queueSeconds);
  if (waits.length === 0) return [];
  const [middle, most] = [median(waits), max(waits)!].map((value) => formatMs(value));
  return [
    `Server queue time (included in TTFT): median ${middle} ms, at most ${most} ms ` +
      `(reported for ${formatCounted(waits.length, "request")}).`,
  ];
}

function failureNote(cells: readonly NamedCell[]): string[] {
  const failed = cells.flatMap(({ name, cell }) => {
    const counts = OUTCOMES.filter((outcome) => outcome !== "ok" && cell.outcomes[outcome] > 0).map(
      (outcome) => `${formatCount(cell.outcomes[outcome])} ${outcome}`,
    );
    return counts.length === 0 ? [] : [`${name}: ${counts.join(", ")}`];
  });
  return failed.length === 0 ? [] : [`Failed requests, excluded: ${failed.join("; ")}.`];
}

/** The counts of all cells together. */
export const firstTokenCounts = (cells: readonly NamedCell[]): FirstTokenCounts => ({
  reasoning: sum(cells, ({ reasoning }) => reasoning),
  onlyReasoning: sum(cells, ({ onlyReasoning }) => onlyReasoning),
  tokenless: sum(cells, ({ tokenless }) => tokenless),
});

function unstatedNote(cells: readonly NamedCell[]): string[] {
  const count = sum(cells, ({ requests }) => requests.unstated);
  if (count === 0) return [];
  return [
    `${formatCount(count)} requests don't say whether they were cold or warm, so they have no speed-up; if the log's ` +
      'first runs were cold and the following warm, read it with seedStates: { first: "cold", following: "warm" }.',
  ];
}

function sum(cells: readonly NamedCell[], count: (cell: TtftCell) => number): number {
  return cells.reduce((total, { cell }) => total + count(cell), 0);
}
