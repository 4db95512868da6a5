/** How a request ended; all statistics are split by it first. In the order of tables. */
export const OUTCOMES = ["ok", "error", "incomplete", "timeout"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/**
 * How a request ended and, if it did not end well, why.
 *
 * `ok` means that the server ended the answer itself, with `[DONE]` or with a `finish_reason` and the end of the response,
 * and that no `finish_reason` reports a failure; `incomplete` means that the stream was cut before its end.
 */
export type Ending =
  | { readonly outcome: "ok"; readonly error: null }
  | { readonly outcome: "error" | "incomplete" | "timeout"; readonly error: string };

/** Why a request under load failed, in words that can be counted. */
export const FAILURES = [
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
] as const;
export type FailureKind = (typeof FAILURES)[number];

/**
 * What the experiment arranged before the request: `cold`, no KV of this prompt is in any cache; `warm`, the
 * same prompt was just served; `flushed`, the first run after a flush.
 */
export const CACHE_STATES = ["cold", "warm", "flushed"] as const;
export type CacheState = (typeof CACHE_STATES)[number];

/** What the server's own report says about the arranged state; `unproven` if it reports nothing. */
export const EVIDENCE = ["proven", "contradicted", "unproven"] as const;
export type Evidence = (typeof EVIDENCE)[number];

/**
 * How the state was arranged: a prompt never sent before; such a prompt with a `cache_salt` of its own, or with
 * `cache_prompt: false`; the last prompt again; the server's reset; fillers that push everything else out; nothing.
 */
export const CACHE_CONTROLS = [
  "unique_prompt",
  "cache_salt",
  "cache_prompt_false",
  "repeat",
  "reset",
  "filler",
  "none",
] as const;
export type CacheControl = (typeof CACHE_CONTROLS)[number];

/** Where a request went: to the provider itself, or through the proxy. */
export const PROXY_TARGETS = ["direct", "proxied"] as const;
export type ProxyTarget = (typeof PROXY_TARGETS)[number];

/** How the answer was requested: in one piece, or as a stream. */
export const ANSWER_MODES = ["chat", "stream"] as const;
export type AnswerMode = (typeof ANSWER_MODES)[number];

/** Whose wording a task has. */
export const WORDINGS = ["plain", "longbench", "cacheblend", "bare"] as const;

/**
 * How a task is worded: in this package's own words, exactly as LongBench or the CacheBlend scripts do, or `bare`, without
 * any instruction: the context, a blank line and the question, or `Summarize:` where there is none.
 */
export type Wording = (typeof WORDINGS)[number];

/**
 * Whether the client rather than the server limited a load, and how: a thread that was always busy, an event loop that came
 * late to its sockets, or requests of an open loop that were started late.
 */
export const CLIENT_LIMITS = ["none", "busy", "late to sockets", "late to start"] as const;
export type ClientLimit = (typeof CLIENT_LIMITS)[number];

/** How a prompt is sent: as the only message of a chat, in the model's template, or as a bare text. */
export const PROMPT_FORMATS = ["chat", "completions"] as const;
export type PromptFormat = (typeof PROMPT_FORMATS)[number];

/**
 * How a prompt became token ids: by the server, as one text; or piece by piece, each tokenised separately and sent as ids.
 */
export const TOKENISED = ["whole", "pieces"] as const;
export type Tokenised = (typeof TOKENISED)[number];

/** What a load asks: unrelated prompts, a beginning shared by all, documents from a pool, chats, a trace, a dataset. */
export const WORKLOAD_KINDS = [
  "unique",
  "shared_prefix",
  "document_pool",
  "sessions",
  "trace",
  "dataset",
] as const;
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];

/** When the requests of a load start: as slots become free, or by a schedule. */
export const ARRIVAL_KINDS = ["closed", "constant", "poisson", "gamma", "trace"] as const;
export type ArrivalKind = (typeof ARRIVAL_KINDS)[number];

/** The phase of a load's block that a request belongs to; only `measured` ones count. */
export const LOAD_PHASES = ["ramp_up", "measured", "ramp_down"] as const;
export type LoadPhase = (typeof LOAD_PHASES)[number];

/** How a ramp's rate changes: by equal steps or by equal factors in equal times. */
export const RAMP_STRATEGIES = ["linear", "exponential"] as const;
export type RampStrategy = (typeof RAMP_STRATEGIES)[number];
