import { waited } from "../../../domain/records/counted-from.js";
import type { ProxyRecord } from "../../../domain/records/record-kinds.js";
import type { FailureKind, Outcome } from "../../../domain/records/words.js";

type Timed = Pick<ProxyRecord, "rate_per_second" | "wait_seconds" | "e2e_seconds" | "ttft_seconds">;

/** The seconds to the last byte, counted from the load's origin; null if a part was not measured. */
export const latencyOf = (row: Timed): number | null => waited(row, row.e2e_seconds);

/** The seconds to the first content chunk, counted from the load's origin; null if a part was not measured. */
export const ttftOf = (row: Timed): number | null => waited(row, row.ttft_seconds);

/** Failures of one kind, with the message of the first. */
export interface Failures {
  readonly kind: FailureKind | Outcome;
  readonly count: number;
  readonly example: string;
}

/** The requests to one target under one load, split by outcome before anything is counted. */
export interface TargetRequests {
  /** Requests that ended well. */
  readonly ok: readonly ProxyRecord[];
  readonly failed: number;
  /** The commonest kind first. */
  readonly failures: readonly Failures[];
  /** Of the successful ones, counted from the load's origin. */
  readonly latencies: readonly number[];
  readonly ttfts: readonly number[];
  readonly waits: readonly number[];
}

/** Sorts the requests to one target into what counts and what does not. */
export function targetRequests(rows: readonly ProxyRecord[]): TargetRequests {
  const ok = rows.filter(({ outcome }) => outcome === "ok");
  return {
    ok,
    failed: rows.length - ok.length,
    failures: failuresOf(rows),
    latencies: ok.flatMap((row) => latencyOf(row) ?? []),
    ttfts: ok.flatMap((row) => ttftOf(row) ?? []),
    waits: ok.flatMap(({ wait_seconds }) => wait_seconds ?? []),
  };
}

function failuresOf(rows: readonly ProxyRecord[]): Failures[] {
  const kinds = new Map<Failures["kind"], Failures>();
  for (const { outcome, failure, error } of rows) {
    if (outcome === "ok") continue;
    const kind = failure ?? outcome;
    const before = kinds.get(kind);
    kinds.set(kind, { kind, count: (before?.count ?? 0) + 1, example: before?.example ?? error });
  }
  return [...kinds.values()].sort((a, b) => b.count - a.count);
}
