import type { IsCut, PromptCounts } from "../domain/cut-prompt.js";
import type { Outcome } from "../domain/timed-request.js";
import type { CacheState, TtftRecord } from "../domain/ttft-record.js";

/** The states a table has columns for; `unstated` are rows that don't say theirs. */
export type StatedOrNot = CacheState | "unstated";

/** The requests of one cell of a table: those that count, and those that don't. */
export interface TtftCell {
  /** TTFT in seconds of the requests that count, by state. */
  readonly seconds: Readonly<Record<StatedOrNot, readonly number[]>>;
  /** Prefill in seconds as the server tells it, of those that count, by state; none where it does not. */
  readonly prefillSeconds: Readonly<Record<StatedOrNot, readonly number[]>>;
  /** Waiting in the server before it began, in seconds, of those that count. */
  readonly queueSeconds: readonly number[];
  /** All requests of the state, whether or not they count. */
  readonly requests: Readonly<Record<StatedOrNot, number>>;
  /** Requests by outcome; what is not `ok` is in no statistic. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Requests that ended well without a token of content. */
  readonly tokenless: number;
  /** Successful requests with a stated cache state by what the server's report says of it. */
  readonly evidence: Readonly<Record<TtftRecord["evidence"], number>>;
  /** Requests that ended well whose prompt the server cut: they had another context, and count nowhere. */
  readonly cut: readonly PromptCounts[];
}

/**
 * Sorts the requests of one cell: by outcome first, then by evidence, then by state. A request with a cut prompt is in
 * none of them.
 *
 * A request whose state the server contradicts (a cold one that had cached tokens) counts only when asked for.
 */
export function ttftCell(rows: readonly TtftRecord[], isCut: IsCut, includeContradicted: boolean): TtftCell {
  const seconds = byState();
  const prefillSeconds = byState();
  const queueSeconds: number[] = [];
  const requests = { cold: 0, warm: 0, flushed: 0, unstated: 0 };
  const outcomes = { ok: 0, error: 0, incomplete: 0, timeout: 0 };
  const evidence = { proven: 0, contradicted: 0, unproven: 0 };
  const cut: TtftRecord[] = [];
  let tokenless = 0;
  for (const row of rows) {
    const state = row.cache_state ?? "unstated";
    requests[state]++;
    outcomes[row.outcome]++;
    if (row.outcome !== "ok") continue;
    if (isCut(row)) {
      cut.push(row);
      continue;
    }
    if (row.cache_state !== null) evidence[row.evidence]++;
    if (row.ttft_seconds === null) tokenless++;
    else if (includeContradicted || row.evidence !== "contradicted") {
      seconds[state].push(row.ttft_seconds);
      if (row.server_prefill_seconds !== null) prefillSeconds[state].push(row.server_prefill_seconds);
      if (row.server_queue_seconds !== null) queueSeconds.push(row.server_queue_seconds);
    }
  }
  return { seconds, prefillSeconds, queueSeconds, requests, outcomes, tokenless, evidence, cut };
}

const byState = (): Record<StatedOrNot, number[]> => ({ cold: [], warm: [], flushed: [], unstated: [] });
