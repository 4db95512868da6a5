import type { ClientLimit } from "./client-limit.js";
import type { LoadedRequest } from "./loaded-request.js";

/** Where a request went: to the provider itself, or through the proxy. */
export type ProxyTarget = "direct" | "proxied";

/** How the answer was asked for: in one piece, or as a stream. */
export type AnswerMode = "chat" | "stream";

/**
 * One line of a proxy log: one request.
 *
 * A direct and a proxied request with the same `repeat`, `mode`, `concurrency`, `rate_per_second`, `block` and
 * `run_index` are a pair: the same place in two loads that followed each other.
 */
export type ProxyRecord = LoadedRequest & {
  /** From 1 within its block: the place in the order of starts. */
  readonly run_index: number;
  readonly target: ProxyTarget;
  readonly mode: AnswerMode;
  /** Requests kept under way in a closed loop; null with open-loop arrivals. */
  readonly concurrency: number | null;
  /** Arrivals a second in an open loop; null in a closed one. */
  readonly rate_per_second: number | null;
  /** The proxy's label; that of the run for a direct request. */
  readonly label: string | null;
  readonly model: string | null;
  /** The repetition of the whole suite, from 1. */
  readonly repeat: number | null;
  /** Direct and proxied loads alternate in blocks, from 1. */
  readonly block: number | null;
  /** First start to last end of this block's load, as the share of it that is recorded; requests over it are the throughput. */
  readonly block_seconds: number | null;
  /** CPU seconds of the client's busiest thread for each second of this block. */
  readonly client_cpu: number | null;
  /** The 99th percentile of the client's event-loop delay in this block. */
  readonly client_delay_seconds: number | null;
  /** Whether the client set the pace of this block, and by what; null in logs that don't say it. */
  readonly client_limit: ClientLimit | null;
};
