import { group } from "d3-array";
import type { LogOrigin } from "../../domain/records/log-origin.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";

/** A cold request, and the warm one that repeated it. */
export type TrialPair = readonly [cold: TtftRecord, warm: TtftRecord];

/**
 * The cold and the warm requests of one cell that belong together: of one trial, in one log, with one prompt. A log may
 * hold a trial more than once, as where a run was resumed or logs were joined; a warm request then belongs to the cold
 * one that came last before it.
 */
export function trialPairs(rows: readonly (TtftRecord & Partial<LogOrigin>)[]): TrialPair[] {
  const ofTrials = rows.filter(
    ({ trial, cache_state }) => trial != null && (cache_state === "cold" || cache_state === "warm"),
  );
  const trials = group(ofTrials, (row) =>
    [row.trial, row.context_tokens, row.log_path, row.prompt_kind, row.prompt].join("\n"),
  );
  return [...trials.values()].flatMap((own) => {
    const cold = own.filter(({ cache_state }) => cache_state === "cold");
    const [first, second] = [cold[0], own.find(({ cache_state }) => cache_state === "warm")];
    if (first === undefined || second === undefined) return [];
    return own.length === 2 ? [[first, second] as const] : inOrder(own);
  });
}

function inOrder(rows: readonly TtftRecord[]): TrialPair[] {
  const timed = rows.every(({ started_at }) => started_at !== null);
  const ordered = timed
    ? [...rows].sort((a, b) => Date.parse(a.started_at!) - Date.parse(b.started_at!))
    : rows;
  const pairs: TrialPair[] = [];
  let waiting: TtftRecord | null = null;
  for (const row of ordered) {
    if (row.cache_state === "cold") waiting = row;
    else if (waiting !== null) {
      pairs.push([waiting, row]);
      waiting = null;
    }
  }
  return pairs;
}
