import type { Labelled, TtftRecord } from "../../src/domain/records/record-kinds.js";
import type { CacheState } from "../../src/domain/records/words.js";

type Fields = Partial<Omit<TtftRecord, "outcome" | "error" | "label">> & {
  readonly outcome?: TtftRecord["outcome"];
};

/** A TTFT row with a label; what is not said is null, and the request ended well and is proven. */
export const row = <const L extends string>(
  label: L,
  state: CacheState | null,
  fields: Fields,
): Labelled<L, TtftRecord> => {
  const { outcome = "ok", ...rest } = fields;
  const ending = outcome === "ok" ? { outcome, error: null } : { outcome, error: "it failed" };
  return {
    run_index: state === "cold" ? 1 : 2,
    context_tokens: 1000,
    ttft_seconds: null,
    label,
    model: "tiny",
    prompt: "Summarize this text",
    prompt_kind: null,
    cache_state: state,
    cache_control: null,
    cached_tokens: null,
    evidence: "proven",
    evidence_source: null,
    evidence_reason: null,
    server_queue_seconds: null,
    server_prefill_seconds: null,
    context_target: null,
    trial: null,
    token_counter: null,
    connect_seconds: 0,
    first_byte_seconds: null,
    first_event_seconds: null,
    first_reasoning_seconds: null,
    e2e_seconds: null,
    prompt_tokens: null,
    output_tokens: null,
    finish_reason: null,
    remark: null,
    started_at: null,
    ...ending,
    ...rest,
  };
};

/** Rows of one state with these TTFTs. */
export const rows = <const L extends string>(
  label: L,
  state: CacheState | null,
  seconds: readonly number[],
  fields: Fields = {},
): Labelled<L, TtftRecord>[] => seconds.map((ttft_seconds) => row(label, state, { ...fields, ttft_seconds }));
