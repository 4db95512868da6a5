import { group } from "d3-array";
import type { IsCut, PromptCounts } from "../../domain/records/cut-prompt.js";
import {
  type FirstToken,
  firstTokenSeconds,
  otherFirstToken,
  reasonsFirst,
} from "../../domain/records/first-token.js";
import type { LogOrigin } from "../../domain/records/log-origin.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import type { CacheState, Outcome } from "../../domain/records/words.js";

/** The states a table has columns for; `unstated` are rows that don't say theirs. */
export type StatedOrNot = CacheState | "unstated";

/** Which requests count, and to which token. */
export interface Counting {
  /** Whether requests count if the server's report contradicts their cache state. */
  readonly includeContradicted: boolean;
  readonly firstToken: FirstToken;
}

/** Times in seconds to one kind of first token, of the requests that count. */
export interface TtftTimes {
  readonly seconds: Readonly<Record<StatedOrNot, readonly number[]>>;
  /** From trials whose cold and warm request both count. */
  readonly pairs: readonly (readonly [cold: number, warm: number])[];
}

/** The requests of one cell of a table: those that count, and those that don't. */
export interface TtftCell extends TtftTimes {
  /** The same requests by the other kind of first token: any, where content counts. */
  readonly other: TtftTimes;
  /** The requests that count, by state. */
  readonly counted: Readonly<Record<StatedOrNot, readonly TtftRecord[]>>;
  /** Prefill in seconds as the server reports it, of those that count, by state; none if it does not. */
  readonly prefillSeconds: Readonly<Record<StatedOrNot, readonly number[]>>;
  /** Waiting in the server before prefill, in seconds, of those that count. */
  readonly queueSeconds: readonly number[];
  /** All requests of the state, whether or not they count. */
  readonly requests: Readonly<Record<StatedOrNot, number>>;
  /** Requests by outcome; only `ok` enters statistics. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Requests that ended well without a token of the kind that counts. */
  readonly tokenless: number;
  /** Requests that ended well and had reasoning before their content. */
  readonly reasoning: number;
  /** Those of them that never reached content. */
  readonly onlyReasoning: number;
  /** Successful requests with a stated cache state, by what the server's report says about it. */
  readonly evidence: Readonly<Record<TtftRecord["evidence"], number>>;
  /** Successful requests whose prompt the server cut: they had a different context, and count nowhere. */
  readonly cut: readonly PromptCounts[];
}

/** A cell with its name in footnotes, such as "vLLM at 4,000". */
export interface NamedCell {
  readonly name: string;
  readonly cell: TtftCell;
}

/**
 * Sorts the requests of one cell: first by outcome, then by evidence, then by state. A request with a cut prompt enters none
 * of them.
 *
 * A request whose state the server contradicts (a cold one that had cached tokens) counts only on request.
 */
export function ttftCell(
  rows: readonly TtftRecord[],
  isCut: IsCut,
  { includeContradicted, firstToken }: Counting,
): TtftCell {
  const prefillSeconds = byState();
  const queueSeconds: number[] = [];
  const requests = { cold: 0, warm: 0, flushed: 0, unstated: 0 };
  const outcomes = { ok: 0, error: 0, incomplete: 0, timeout: 0 };
  const evidence = { proven: 0, contradicted: 0, unproven: 0 };
  const cut: TtftRecord[] = [];
  const counted: TtftRecord[] = [];
  let [tokenless, reasoning, onlyReasoning] = [0, 0, 0];
  for (const row of rows) {
    const state = stateOf(row);
    requests[state]++;
    outcomes[row.outcome]++;
    if (row.outcome !== "ok") continue;
    if (isCut(row)) {
      cut.push(row);
      continue;
    }
    if (row.cache_state !== null) evidence[row.evidence]++;
    if (reasonsFirst(row)) {
      reasoning++;
      if (row.ttft_seconds === null) onlyReasoning++;
    }
    const seconds = firstTokenSeconds(row, firstToken);
    if (seconds === null) tokenless++;
    if (!includeContradicted && row.evidence === "contradicted") continue;
    counted.push(row);
    if (seconds === null) continue;
    if (row.server_prefill_seconds !== null) prefillSeconds[state].push(row.server_prefill_seconds);
    if (row.server_queue_seconds !== null) queueSeconds.push(row.server_queue_seconds);
  }
  const counts = new Set(counted);
  const pairs = trialPairs(rows).filter(([cold, warm]) => counts.has(cold) && counts.has(warm));
  const timesTo = (which: FirstToken): TtftTimes => {
    const seconds = byState();
    for (const row of counted) {
      const time = firstTokenSeconds(row, which);
      if (time !== null) seconds[stateOf(row)].push(time);
    }
    return {
      seconds,
      pairs: pairs.flatMap(([cold, warm]) => {
        const [before, after] = [firstTokenSeconds(cold, which), firstTokenSeconds(warm, which)];
        return before === null || after === null ? [] : [[before, after] as const];
      }),
    };
  };
  const chosen = timesTo(firstToken);
  return {
    ...chosen,
    counted: {
      cold: counted.filter((row) => stateOf(row) === "cold"),
      warm: counted.filter((row) => stateOf(row) === "warm"),
      flushed: counted.filter((row) => stateOf(row) === "flushed"),
      unstated: counted.filter((row) => stateOf(row) === "unstated"),
    },
    other: reasoning === 0 ? chosen : timesTo(otherFirstToken(firstToken)),
    ...{
      prefillSeconds,
      queueSeconds,
      requests,
      outcomes,
      tokenless,
      reasoning,
      onlyReasoning,
      evidence,
      cut,
    },
  };
}

const stateOf = ({ cache_state }: TtftRecord): StatedOrNot => cache_state ?? "unstated";

const byState = (): Record<StatedOrNot, number[]> => ({ cold: [], warm: [], flushed: [], unstated: [] });

/** A cold request, and the warm one that repeated it. */
export type TrialPair = readonly [cold: TtftRecord, warm: TtftRecord];

/**
 * The cold and the warm requests of one cell that belong together: of one trial, in one log, with one prompt. A log may
 * contain a trial more than once, after a run was resumed or logs were joined; a warm request then belongs to the last cold
 * one before it.
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
