import { setTimeout as sleep } from "node:timers/promises";
import {
  between,
  type CounterReport,
  type CounterTotals,
  NO_REPORT,
  report,
  totals,
} from "../servers/profile/counters.js";
import { ofModel, type Sample } from "../servers/profile/prometheus.js";
import { canBePart, prefillSeconds, timingSeconds } from "./event/server-times.js";
import type { TimedCompletion } from "./request.js";
import type { Server } from "./server.js";

export type { CounterTotals } from "../servers/profile/counters.js";

/** A completion with what the server reports about it outside the answer; null if it reports nothing. */
export interface CountedRequest {
  /** Its `cached_tokens` come from the answer's own report, else from the counters; `cached_tokens_source` says which. */
  readonly completion: TimedCompletion;
  /** From the request's arrival at the server to its start. */
  readonly server_queue_seconds: number | null;
  /** Computing the prompt, as the server measured it. */
  readonly server_prefill_seconds: number | null;
}

/** Servers update counters a moment after the last byte, so they are read again until they have moved. */
const READS = 5;
const PAUSE_MS = 20;

/**
 * Sends a request and reads the server's counters before and after it, both outside every measured time.
 *
 * Counters are used only if exactly this request lies between the two reads; the answer's own report takes precedence.
 *
 * @example
 * const { completion } = await withServerCounters(server, () => server.chat({ messages, maxTokens: 8 }));
 */
export async function withServerCounters(
  server: Server,
  send: () => Promise<TimedCompletion>,
): Promise<CountedRequest> {
  const before = await server.counters();
  const completion = await send();
  const counted = before === null ? NO_REPORT : await countersOf(server, before, completion);
  const { cached_tokens, source: cached_tokens_source } = counted;
  const part = (seconds: number | null): number | null =>
    seconds !== null && canBePart(seconds, completion.e2e_seconds) ? seconds : null;
  return {
    completion:
      completion.cached_tokens === null ? { ...completion, cached_tokens, cached_tokens_source } : completion,
    server_queue_seconds: timingSeconds(completion, "queue_ms") ?? part(counted.server_queue_seconds),
    server_prefill_seconds: prefillSeconds(completion) ?? part(counted.server_prefill_seconds),
  };
}

/**
 * What the server's counters say of all that was asked of the model while `work` was done, by whomever; null where they say nothing. Of one
 * request among many they prove nothing.
 */
export async function withCounterTotals<T>(
  server: Server,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly totals: CounterTotals | null }> {
  const before = await server.counters();
  const result = await work();
  const { counters } = (await server.recognise()).profile;
  if (before === null || counters === null) return { result, totals: null };
  // A server that counts late has counted by then what ended before.
  await sleep(READS * PAUSE_MS);
  const after = await server.counters();
  if (after === null) return { result, totals: null };
  const [first, last] = [before, after].map((scrape) => ofModel(scrape, server.model)) as [
    Sample[],
    Sample[],
  ];
  return { result, totals: totals(counters, first, last) };
}

async function countersOf(
  server: Server,
  before: readonly Sample[],
  completion: TimedCompletion,
): Promise<CounterReport> {
  const { counters } = (await server.recognise()).profile;
  if (counters === null || completion.outcome !== "ok") return NO_REPORT;
  for (let read = 1; read <= READS; read++) {
    const after = await server.counters();
    if (after === null) return NO_REPORT;
    if (between(counters, before, after) !== "not yet") {
      return report(counters, before, after, completion.prompt_tokens);
    }
    await sleep(PAUSE_MS);
  }
  return NO_REPORT;
}
