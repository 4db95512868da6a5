import { cutPrompts, loadPrompt, type PromptCounts } from "../../../domain/records/cut-prompt.js";
import type { FirstToken } from "../../../domain/records/first-token.js";
import { isMiss, isNotItsMethod } from "../../../domain/records/not-its-method.js";
import { REQUEST_TIMES, type RequestTime } from "../../../domain/records/objectives.js";
import type { Evidence, Outcome } from "../../../domain/records/words.js";
import { loadSeconds } from "../../../domain/times/load-seconds.js";
import { requestSeconds } from "../../../domain/times/request-seconds.js";
import type { LoadBlock, LoadLevel, LoadRow } from "./load-level.js";

/** What counts of one label at one level. */
export interface LoadCell extends LoadLevel {
  /** Requests in the measured part of its blocks, however they ended. */
  readonly requests: readonly LoadRow[];
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly failed: number;
  /** Of those that ended well. */
  readonly evidence: Readonly<Record<Evidence, number>>;
  /**
   * Requests that found less in the cache than their method could have found: they count, because that is what is measured.
   */
  readonly missed: number;
  /** Successful requests that count nowhere, because they are not what the label says. */
  readonly excluded: number;
  /** Successful requests with their whole prompt. */
  readonly good: readonly LoadRow[];
  readonly cut: readonly PromptCounts[];
  /** Each block's requests that count in times. */
  readonly counted: readonly (readonly LoadRow[])[];
  /** Blocks in which TTFT rose or fell, among those in which that is known. */
  readonly unsteady: number;
  readonly judged: number;
  /** Why nothing is averaged; null if the level settled, or it is unknown. */
  readonly unsettled: string | null;
  /** Blocks limited by the client. */
  readonly limited: readonly LoadBlock[];
  /** The seconds of a time in each block, of the requests that count and have it. */
  times(time: RequestTime): readonly (readonly number[])[];
  /** Why no request has a time. */
  whyNone(time: RequestTime): string;
}

/** Sorts what was measured into what counts and what does not. */
export function loadCells(
  levels: readonly LoadLevel[],
  rows: readonly LoadRow[],
  firstToken: FirstToken,
): LoadCell[] {
  const isCutPrompt = cutPrompts(rows.map(loadPrompt));
  const isCut = (row: LoadRow) => isCutPrompt(loadPrompt(row));
  return levels.map((level) => cellOf(level, isCut, firstToken));
}

function cellOf(level: LoadLevel, isCut: (row: LoadRow) => boolean, firstToken: FirstToken): LoadCell {
  const { blocks } = level;
  const requests = blocks.flatMap(({ rows }) => rows);
  const outcomes = { ok: 0, error: 0, incomplete: 0, timeout: 0 };
  for (const { outcome } of requests) outcomes[outcome]++;
  const ended = requests.filter(({ outcome }) => outcome === "ok");
  const cut = ended.filter(isCut);
  const good = cut.length === 0 ? ended : ended.filter((row) => !isCut(row));
  const tally = (evidence: Evidence) => good.filter((row) => row.evidence === evidence).length;
  const leftOut = new Set<LoadRow>([...cut, ...good.filter(isNotItsMethod)]);
  const counted = blocks.map(({ rows }) => rows.filter((row) => row.outcome === "ok" && !leftOut.has(row)));
  const judged = blocks.filter(({ steady }) => steady !== null).length;
  const unsteady = blocks.filter(({ steady }) => steady === false).length;
  return {
    ...level,
    ...{ requests, outcomes, good, counted, judged, unsteady },
    cut: cut.map(loadPrompt),
    failed: requests.length - ended.length,
    evidence: { proven: tally("proven"), contradicted: tally("contradicted"), unproven: tally("unproven") },
    missed: good.filter(isMiss).length,
    excluded: leftOut.size,
    unsettled: level.neverWhole
      ? `in all ${blocks.length} block${blocks.length === 1 ? "" : "s"} some parts of the run did not send their requests, so the load was never complete and nothing is averaged`
      : unsteady > 0 && 2 * unsteady >= judged
        ? `TTFT never settled: it drifted during ${unsteady} of ${judged} block${judged === 1 ? "" : "s"}, so nothing is averaged`
        : null,
    limited: blocks.filter(({ clientLimit }) => clientLimit !== null && clientLimit !== "none"),
    times: (time) => counted.map((rows) => rows.flatMap((row) => loadSeconds(row, time, firstToken) ?? [])),
    whyNone: (time) => {
      const { title } = REQUEST_TIMES[time];
      if (outcomes.ok === 0) return "no request ended well";
      return counted.flat().some((row) => requestSeconds(row, time, firstToken) !== null)
        ? `the log does not say when requests were due, from which ${title} counts`
        : `no counted request reports its ${title}`;
    },
  };
}
