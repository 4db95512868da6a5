import { OUTCOMES } from "../domain/timed-request.js";
import type { CacheControl, CacheState, Evidence, TtftRecord } from "../domain/ttft-record.js";
import {
  count,
  errorOf,
  keepUnknownKeys,
  missing,
  number,
  oneOf,
  repeatedText,
  requireObject,
  text,
  told,
} from "./fields.js";

/** The keys of a TTFT log in their order: the seed's three first. */
export const TTFT_KEYS = [
  "run_index",
  "context_tokens",
  "ttft_seconds",
  "label",
  "model",
  "prompt",
  "prompt_kind",
  "cache_state",
  "cache_control",
  "cached_tokens",
  "evidence",
  "evidence_source",
  "evidence_reason",
  "server_queue_seconds",
  "server_prefill_seconds",
  "context_target",
  "trial",
  "token_counter",
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
] as const satisfies readonly (keyof TtftRecord)[];

/** The cache states of a log that does not say them, by a request's place: the seed's first run, and the others. */
export interface SeedStates {
  readonly first: CacheState;
  readonly following: CacheState;
}

/** What a reader of TTFT lines fills in where a line does not say it. */
export interface TtftDefaults {
  /** The record's label, given its own. */
  readonly label?: (own: string | null) => string | null;
  readonly seedStates?: SeedStates | undefined;
}

type Line = { readonly [key in keyof TtftRecord]?: unknown };

const STATES: readonly CacheState[] = ["cold", "warm", "flushed"];
const CONTROLS: readonly CacheControl[] = [
  "unique_prompt",
  "cache_salt",
  "cache_prompt_false",
  "repeat",
  "reset",
  "filler",
  "none",
];
const EVIDENCE: readonly Evidence[] = ["proven", "contradicted", "unproven"];
const KNOWN: ReadonlySet<string> = new Set(TTFT_KEYS);

/**
 * A TTFT record from one parsed line: known keys checked and in the order of `TTFT_KEYS`, unknown keys after them.
 *
 * The seed's three keys alone are a record too: its outcome is `ok`, and what it does not say is null.
 *
 * @throws FirstTokenError naming the key, the rule and the value received.
 */
export function parseTtftRecord(value: unknown): TtftRecord {
  return ttftParser({})(value);
}

/** A parser of TTFT lines that fills in a label or the cache states. */
export function ttftParser({ label: labelOf, seedStates }: TtftDefaults): (value: unknown) => TtftRecord {
  const model = repeatedText("model");
  const prompt = repeatedText("prompt");
  const promptKind = repeatedText("prompt_kind");
  const evidenceSource = repeatedText("evidence_source");
  const evidenceReason = repeatedText("evidence_reason");
  const tokenCounter = repeatedText("token_counter");
  const finishReason = repeatedText("finish_reason");

  return (value) => {
    requireObject(value);
    // Fields are read one by one by their names, never in a loop: a log of a million lines is read at the speed of
    // JSON.parse only when every record is built with one hidden class.
    const line = value as Line;
    const run_index = count(line.run_index, "run_index") ?? missing("run_index");
    const ttft_seconds = number(line.ttft_seconds, "ttft_seconds");
    if (line.ttft_seconds === undefined) missing("ttft_seconds");
    const ownLabel = text(line.label, "label");
    const outcome = oneOf(line.outcome, OUTCOMES, "outcome") ?? (ttft_seconds === null ? "error" : "ok");
    const record = {
      run_index,
      context_tokens: number(line.context_tokens, "context_tokens") ?? missing("context_tokens"),
      ttft_seconds,
      label: labelOf === undefined ? ownLabel : labelOf(ownLabel),
      model: model(line.model),
      prompt: prompt(line.prompt),
      prompt_kind: promptKind(line.prompt_kind),
      cache_state:
        oneOf(line.cache_state, STATES, "cache_state") ??
        (seedStates === undefined ? null : run_index === 1 ? seedStates.first : seedStates.following),
      cache_control: oneOf(line.cache_control, CONTROLS, "cache_control"),
      cached_tokens: told(line.cached_tokens, "cached_tokens"),
      evidence: oneOf(line.evidence, EVIDENCE, "evidence") ?? "unproven",
      evidence_source: evidenceSource(line.evidence_source),
      evidence_reason: evidenceReason(line.evidence_reason),
      server_queue_seconds: told(line.server_queue_seconds, "server_queue_seconds"),
      server_prefill_seconds: told(line.server_prefill_seconds, "server_prefill_seconds"),
      context_target: number(line.context_target, "context_target"),
      trial: count(line.trial, "trial"),
      token_counter: tokenCounter(line.token_counter),
      connect_seconds: number(line.connect_seconds, "connect_seconds"),
      first_byte_seconds: number(line.first_byte_seconds, "first_byte_seconds"),
      first_event_seconds: number(line.first_event_seconds, "first_event_seconds"),
      first_reasoning_seconds: number(line.first_reasoning_seconds, "first_reasoning_seconds"),
      total_seconds: number(line.total_seconds, "total_seconds"),
      prompt_tokens: told(line.prompt_tokens, "prompt_tokens"),
      output_tokens: told(line.output_tokens, "output_tokens"),
      finish_reason: finishReason(line.finish_reason),
      outcome,
      error: errorOf(line.error, outcome),
      remark: text(line.remark, "remark"),
      started_at: text(line.started_at, "started_at"),
    } as TtftRecord;
    keepUnknownKeys(value, TTFT_KEYS, KNOWN, record);
    return record;
  };
}
