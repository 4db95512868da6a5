import { cutPrompts, type IsCut, type PromptCounts } from "../../domain/records/cut-prompt.js";
import {
  type FirstToken,
  firstTokenSeconds,
  otherFirstToken,
  reasonsFirst,
} from "../../domain/records/first-token.js";
import { type Evidence, OUTCOMES, type Outcome } from "../../domain/records/words.js";
import { cutSentence } from "../cut-sentence.js";
import { firstTokenNotes } from "../first-token-notes.js";
import { evidenceReasons } from "./evidence-reasons.js";
import { tokenlessNote } from "./tokenless-note.js";

/** What a record of a method comparison must have to be counted. */
export interface MethodRow extends PromptCounts {
  readonly ttft_seconds: number | null;
  readonly first_reasoning_seconds: number | null;
  readonly collect_seconds: number | null;
  readonly outcome: Outcome;
  readonly evidence: Evidence;
  readonly evidence_reason?: string | null;
  /** Why an answer that ended well has no TTFT. */
  readonly remark?: string | null;
}

/** The rows of one cell, split by outcome and evidence before anything is counted. */
export interface MethodCell {
  /** TTFT of good requests whose evidence does not contradict the method. */
  readonly seconds: readonly number[];
  /** The same by the other kind of first token: any, where content counts. */
  readonly otherSeconds: readonly number[];
  /** Good requests in which reasoning came before the content, or instead of it. */
  readonly reasoning: number;
  /** What preparing each of those cost. */
  readonly collectSeconds: readonly number[];
  /** All of them, whether or not they count. */
  readonly requests: number;
  readonly failed: number;
  /** Good requests whose prompt the server cut: they count nowhere. */
  readonly cut: readonly PromptCounts[];
  readonly evidence: Readonly<Record<Evidence, number>>;
}

/** Sorts one cell's rows into what counts and what does not. */
export function methodCell(rows: readonly MethodRow[], isCut: IsCut, firstToken: FirstToken): MethodCell {
  const ended = rows.filter(({ outcome }) => outcome === "ok");
  const good = ended.filter((row) => !isCut(row));
  const counted = good.filter(({ evidence }) => evidence !== "contradicted");
  const tally = (evidence: Evidence) => good.filter((row) => row.evidence === evidence).length;
  return {
    seconds: counted.flatMap((row) => firstTokenSeconds(row, firstToken) ?? []),
    otherSeconds: counted.flatMap((row) => firstTokenSeconds(row, otherFirstToken(firstToken)) ?? []),
    reasoning: good.filter(reasonsFirst).length,
    collectSeconds: counted.flatMap((row) =>
      firstTokenSeconds(row, firstToken) === null ? [] : (row.collect_seconds ?? []),
    ),
    requests: rows.length,
    failed: rows.length - ended.length,
    cut: ended.filter(isCut),
    evidence: { proven: tally("proven"), contradicted: tally("contradicted"), unproven: tally("unproven") },
  };
}

/** Sentences about what was not counted and what is proven. */
export function methodNotes(rows: readonly MethodRow[], firstToken: FirstToken): string[] {
  const isCut = cutPrompts(rows);
  const { evidence, cut, reasoning } = methodCell(rows, isCut, firstToken);
  const onlyReasoning = rows.filter(
    (row) => row.outcome === "ok" && !isCut(row) && reasonsFirst(row) && row.ttft_seconds === null,
  ).length;
  const tokenless = firstToken === "any" ? 0 : onlyReasoning;
  const failures = OUTCOMES.filter((outcome) => outcome !== "ok").flatMap((outcome) => {
    const count = rows.filter((row) => row.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${outcome}`];
  });
  return [
    `Methods by the server's own report: ${evidence.proven} proven, ${evidence.contradicted} contradicted, ` +
      `${evidence.unproven} unproven.${evidence.contradicted > 0 ? " Contradicted requests are excluded." : ""}`,
    ...evidenceReasons(rows.filter(({ outcome }) => outcome === "ok")),
    ...cutSentence(cut),
    ...(failures.length === 0 ? [] : [`Failed requests, excluded: ${failures.join(", ")}.`]),
    ...firstTokenNotes({ reasoning, onlyReasoning, tokenless }, firstToken),
    ...tokenlessNote(rows.filter((row) => !reasonsFirst(row))),
  ];
}
