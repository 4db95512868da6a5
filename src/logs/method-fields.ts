import type { MethodColumns, MethodName } from "../domain/method.js";
import { OUTCOMES, type TimedRequest } from "../domain/timed-request.js";
import type { Evidence } from "../domain/ttft-record.js";
import { errorOf, missing, number, oneOf, text, told } from "./fields.js";

const METHODS: readonly MethodName[] = ["full_prefill", "prefix_cache", "full_kv_reuse", "cacheblend"];
const EVIDENCE: readonly Evidence[] = ["proven", "contradicted", "unproven"];

/** The columns that blend and quality records share. */
export type MethodRecord = TimedRequest &
  MethodColumns & {
    readonly label: string | null;
    readonly model: string | null;
    readonly evidence: Evidence;
    readonly evidence_source: string | null;
    readonly evidence_reason: string | null;
    readonly token_counter: string | null;
  };

/** The keys of {@link MethodRecord}, in the order they are read in. */
export const METHOD_KEYS = [
  "label",
  "model",
  "method",
  "recompute_ratio",
  "cached_tokens",
  "recomputed_tokens",
  "evidence",
  "evidence_source",
  "evidence_reason",
  "token_counter",
  "collect_seconds",
  "load_seconds",
  "connect_seconds",
  "first_byte_seconds",
  "first_event_seconds",
  "first_reasoning_seconds",
  "total_seconds",
  "prompt_tokens",
  "output_tokens",
  "finish_reason",
  "outcome",
  "error",
  "remark",
  "started_at",
] as const satisfies readonly (keyof MethodRecord)[];

type Line = { readonly [key in keyof MethodRecord]?: unknown };

/** Reads the shared columns of one line, with the label it is given or its own. */
export function methodFields(value: object, labelOf: (own: string | null) => string | null) {
  const line = value as Line;
  const ttft_seconds = number(line.ttft_seconds, "ttft_seconds");
  const outcome = oneOf(line.outcome, OUTCOMES, "outcome") ?? (ttft_seconds === null ? "error" : "ok");
  return {
    label: labelOf(text(line.label, "label")),
    model: text(line.model, "model"),
    method: oneOf(line.method, METHODS, "method") ?? missing("method"),
    recompute_ratio: number(line.recompute_ratio, "recompute_ratio"),
    cached_tokens: told(line.cached_tokens, "cached_tokens"),
    recomputed_tokens: told(line.recomputed_tokens, "recomputed_tokens"),
    evidence: oneOf(line.evidence, EVIDENCE, "evidence") ?? "unproven",
    evidence_source: text(line.evidence_source, "evidence_source"),
    evidence_reason: text(line.evidence_reason, "evidence_reason"),
    token_counter: text(line.token_counter, "token_counter"),
    collect_seconds: told(line.collect_seconds, "collect_seconds"),
    load_seconds: told(line.load_seconds, "load_seconds"),
    connect_seconds: number(line.connect_seconds, "connect_seconds"),
    first_byte_seconds: number(line.first_byte_seconds, "first_byte_seconds"),
    first_event_seconds: number(line.first_event_seconds, "first_event_seconds"),
    first_reasoning_seconds: number(line.first_reasoning_seconds, "first_reasoning_seconds"),
    total_seconds: number(line.total_seconds, "total_seconds"),
    prompt_tokens: told(line.prompt_tokens, "prompt_tokens"),
    output_tokens: told(line.output_tokens, "output_tokens"),
    finish_reason: text(line.finish_reason, "finish_reason"),
    outcome,
    error: errorOf(line.error, outcome),
    remark: text(line.remark, "remark"),
    started_at: text(line.started_at, "started_at"),
  };
}
