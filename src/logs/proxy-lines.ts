import { CLIENT_LIMITS } from "../domain/client-limit.js";
import type { FailureKind } from "../domain/loaded-request.js";
import type { AnswerMode, ProxyRecord, ProxyTarget } from "../domain/proxy-record.js";
import { OUTCOMES, type Outcome } from "../domain/timed-request.js";
import {
  bad,
  count,
  errorOf,
  finite,
  keepUnknownKeys,
  missing,
  number,
  oneOf,
  repeatedText,
  requireObject,
  text,
  told,
} from "./fields.js";

/** The keys of a proxy log in their order: what tells requests apart and how they went first. */
export const PROXY_KEYS = [
  "run_index",
  "target",
  "mode",
  "concurrency",
  "latency_seconds",
  "ttft_seconds",
  "status",
  "finish_reason",
  "outcome",
  "failure",
  "error",
  "label",
  "model",
  "rate_per_second",
  "repeat",
  "block",
  "wait_seconds",
  "connect_seconds",
  "first_byte_seconds",
  "chunks",
  "content_bytes",
  "first_lag_seconds",
  "last_lag_seconds",
  "sent_span_seconds",
  "received_span_seconds",
  "held_chunks",
  "held_at_start_chunks",
  "overhead_header_seconds",
  "block_seconds",
  "client_cpu",
  "client_delay_seconds",
  "client_limit",
  "started_at",
] as const satisfies readonly (keyof ProxyRecord)[];

const KNOWN: ReadonlySet<string> = new Set(PROXY_KEYS);
const TARGETS: readonly ProxyTarget[] = ["direct", "proxied"];
const MODES: readonly AnswerMode[] = ["chat", "stream"];
const FAILURES: readonly FailureKind[] = [
  "not connected",
  "reset",
  "timeout",
  "bad status",
  "cut stream",
  "no content",
  "error in stream",
  "error in answer",
  "given up",
  "lost content",
  "not understood",
];

/** Reads proxy records one after the other; texts that lines share are kept once. */
export function proxyParser(labelOf = (own: string | null) => own): (value: unknown) => ProxyRecord {
  const label = repeatedText("label");
  const model = repeatedText("model");
  const finishReason = repeatedText("finish_reason");
  return (value) => {
    requireObject(value);
    const line = value as { readonly [key in keyof ProxyRecord]?: unknown };
    if (line.latency_seconds === undefined) missing("latency_seconds");
    const outcome = oneOf(line.outcome, OUTCOMES, "outcome") ?? missing("outcome");
    const record = {
      run_index: count(line.run_index, "run_index") ?? missing("run_index"),
      target: oneOf(line.target, TARGETS, "target") ?? missing("target"),
      mode: oneOf(line.mode, MODES, "mode") ?? missing("mode"),
      concurrency: count(line.concurrency, "concurrency"),
      latency_seconds: number(line.latency_seconds, "latency_seconds"),
      ttft_seconds: number(line.ttft_seconds, "ttft_seconds"),
      status: count(line.status, "status"),
      finish_reason: finishReason(line.finish_reason),
      outcome,
      failure: failureOf(line.failure, outcome),
      error: errorOf(line.error, outcome),
      label: labelOf(label(line.label)),
      model: model(line.model),
      rate_per_second: number(line.rate_per_second, "rate_per_second"),
      repeat: count(line.repeat, "repeat"),
      block: count(line.block, "block"),
      wait_seconds: number(line.wait_seconds, "wait_seconds"),
      connect_seconds: number(line.connect_seconds, "connect_seconds"),
      first_byte_seconds: number(line.first_byte_seconds, "first_byte_seconds"),
      chunks: number(line.chunks, "chunks"),
      content_bytes: number(line.content_bytes, "content_bytes"),
      // Below 0 where the provider's clock is not the client's; whoever counts lags must see that.
      first_lag_seconds: finite(line.first_lag_seconds, "first_lag_seconds"),
      last_lag_seconds: finite(line.last_lag_seconds, "last_lag_seconds"),
      sent_span_seconds: told(line.sent_span_seconds, "sent_span_seconds"),
      received_span_seconds: number(line.received_span_seconds, "received_span_seconds"),
      held_chunks: number(line.held_chunks, "held_chunks"),
      held_at_start_chunks: number(line.held_at_start_chunks, "held_at_start_chunks"),
      // Below 0 where the proxy's clock was set back meanwhile, or its sum is that of two clocks.
      overhead_header_seconds: finite(line.overhead_header_seconds, "overhead_header_seconds"),
      block_seconds: number(line.block_seconds, "block_seconds"),
      client_cpu: number(line.client_cpu, "client_cpu"),
      client_delay_seconds: number(line.client_delay_seconds, "client_delay_seconds"),
      client_limit: oneOf(line.client_limit, CLIENT_LIMITS, "client_limit"),
      started_at: text(line.started_at, "started_at"),
    } as ProxyRecord;
    keepUnknownKeys(line, PROXY_KEYS, KNOWN, record);
    return record;
  };
}

/**
 * A proxy record from one parsed line: known keys checked and in the order of `PROXY_KEYS`, unknown keys after them.
 *
 * @throws FirstTokenError naming the key, the rule and the value received.
 */
export function parseProxyRecord(value: unknown): ProxyRecord {
  return proxyParser()(value);
}

/** The kind of a failure; null where the request did not fail, and where the log does not say. */
function failureOf(value: unknown, outcome: Outcome): FailureKind | null {
  const failure = oneOf(value, FAILURES, "failure");
  if (failure !== null && outcome === "ok") throw bad("failure", "must be null where outcome is ok", failure);
  return failure;
}
