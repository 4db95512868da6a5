import { rollups } from "d3-array";
import { cutPrompts, type IsCut, type PromptCounts } from "../../domain/records/cut-prompt.js";
import {
  type FirstToken,
  firstTokenSeconds,
  otherFirstToken,
  reasonsFirst,
} from "../../domain/records/first-token.js";
import { type Evidence, OUTCOMES, type Outcome } from "../../domain/records/words.js";
import type { TimedRow } from "../../domain/times/request-seconds.js";
import { cutSentence, firstTokenNotes, tokenlessNote } from "../request-notes.js";

/** What a record of a method comparison needs in order to be counted. */
export interface MethodRow extends PromptCounts, TimedRow {
  readonly collect_seconds: number | null;
  readonly outcome: Outcome;
  readonly evidence: Evidence;
  readonly evidence_reason?: string | null;
  /** Why an answer that ended well has no TTFT. */
  readonly remark?: string | null;
}

/** The rows of one cell, split by outcome and evidence before anything is counted. */
export interface MethodCell {
  /** The requests that count. */
  readonly counted: readonly TimedRow[];
  /** TTFT of successful requests whose evidence does not contradict the method. */
  readonly seconds: readonly number[];
  /** The same by the other kind of first token: any, if content counts. */
  readonly otherSeconds: readonly number[];
  /** Successful requests in which reasoning came before the content, or instead of it. */
  readonly reasoning: number;
  /** The time that preparing each of those took. */
  readonly collectSeconds: readonly number[];
  /** All requests, whether or not they count. */
  readonly requests: number;
  readonly failed: number;
  /** Successful requests whose prompt the server cut: they count nowhere. */
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
    counted,
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

/** What a record says about its evidence. */
export interface EvidenceRow {
  readonly label: string | null;
  readonly evidence: Evidence;
  /** Null if it is proven, and in logs that do not say. */
  readonly evidence_reason?: string | null;
}

/** How many different reasons are shown. */
const SHOWN = 4;

/**
 * Why requests are not proven, most frequent first, with reasons that differ only in numbers shown once; nothing if the logs
 * don't say.
 *
 * @example evidenceReasons(rows) // ["Not proven: CacheBlend 15%, 12 contradicted: 368 tokens came from a cache, …"]
 */
export function evidenceReasons(rows: readonly EvidenceRow[]): string[] {
  const doubtful = rows.flatMap((row) =>
    row.evidence_reason ? [{ ...row, reason: row.evidence_reason }] : [],
  );
  const kinds = rollups(
    doubtful,
    (own) => own,
    ({ label, evidence, reason }) => `${label}\n${evidence}\n${reason.replace(/\d+/g, "#")}`,
  )
    .map(([, own]) => own)
    .sort((a, b) => b.length - a.length);
  if (kinds.length === 0) return [];
  const said = kinds.slice(0, SHOWN).map((own) => {
    const [{ label, evidence, reason }] = own as [(typeof own)[number]];
    const differ = own.some((row) => row.reason !== reason) ? ", for example" : "";
    return `${label === null ? "" : `${label}, `}${own.length} ${evidence}${differ}: ${reason}`;
  });
  const more = kinds.length > SHOWN ? `; and ${kinds.length - SHOWN} other reasons` : "";
  return [`Not proven: ${said.join("; ")}${more}.`];
}
