import type { TimedRequest } from "./timed-request.js";

/**
 * What the experiment arranged before the request: `cold`, no KV of this prompt is in any cache; `warm`, the
 * same prompt was just served; `flushed`, the first run after a flush.
 */
export type CacheState = "cold" | "warm" | "flushed";

/** What the server's own report says of the arranged state; `unproven` when it reports nothing. */
export type Evidence = "proven" | "contradicted" | "unproven";

/**
 * How the state was arranged: a prompt nobody has sent; such a prompt with a `cache_salt` of its own, or with
 * `cache_prompt: false`; the last prompt again; the server's reset; fillers that push everything else out; nothing.
 */
export type CacheControl =
  | "unique_prompt"
  | "cache_salt"
  | "cache_prompt_false"
  | "repeat"
  | "reset"
  | "filler"
  | "none";

/** One line of a TTFT log: one request. The first three keys are the seed's and come first. */
export type TtftRecord = TimedRequest & {
  /** 1 for the first request of a document, 2 and more for those that follow. */
  readonly run_index: number;
  /** Tokens of the context document, by the counter named in `token_counter`. */
  readonly context_tokens: number;
  readonly label: string | null;
  readonly model: string | null;
  /** The question asked after the document. */
  readonly prompt: string | null;
  /** What kind of question that is, where prompts are compared, such as `summary`. */
  readonly prompt_kind: string | null;
  /** The state arranged; `null` in logs that do not say it. */
  readonly cache_state: CacheState | null;
  readonly cache_control: CacheControl | null;
  /** Whether `cached_tokens` confirms `cache_state`. */
  readonly evidence: Evidence;
  /** What the evidence was read from, such as `usage.prompt_tokens_details.cached_tokens`, or the server's counters. */
  readonly evidence_source: string | null;
  /** Why the state is not proven; null where it is, and in logs that do not say. */
  readonly evidence_reason: string | null;
  /** Waiting in the server before it began, where it tells; part of `ttft_seconds`. */
  readonly server_queue_seconds: number | null;
  /** Computing the prompt, where the server tells; part of `ttft_seconds`. */
  readonly server_prefill_seconds: number | null;
  /** The context length asked for, in tokens; the axis of a sweep. */
  readonly context_target: number | null;
  /** The repetition within a context length, from 1. A cold and a warm request of one trial share the prompt. */
  readonly trial: number | null;
  readonly token_counter: string | null;
};

/** A record with the label it is compared under. */
export type Labelled<L extends string, R> = R & { readonly label: L };
