import {
  assumed,
  type Columns,
  count,
  flag,
  formerly,
  later,
  measure,
  olderKeys,
  required,
  score,
  sharedText,
  signed,
  stated,
  text,
  texts,
  told,
  word,
} from "./column.js";
import { FILTERINGS, METHOD_NAMES, SELECTORS } from "./methods.js";
import {
  ANSWER_MODES,
  CACHE_CONTROLS,
  CACHE_STATES,
  CLIENT_LIMITS,
  EVIDENCE,
  FAILURES,
  OUTCOMES,
  PROMPT_FORMATS,
  PROXY_TARGETS,
  TOKENISED,
} from "./words.js";

/*
 * Every key of every kind of record, defined once. The types, the readers, their messages and the tables of results/README.md
 * are made from it. The order is that of the keys in a line.
 */

const TTFT_SECONDS = measure(
  "s",
  "from the moment the request's first byte is handed to an open connection to the first delta with non-empty content; null if none came",
);

/** How the content of a stream arrived; in addition to `output_tokens`, `e2e_seconds` and `finish_reason`. */
const STREAM_COLUMNS = {
  itl_seconds: later(
    measure(
      "s",
      "inter-token latency: the mean time between successive events with content of the first choice, without reasoning; null for fewer than two events. Events that arrive in one read have no time between them, so a coalesced stream shows 0, which is what the client saw",
    ),
  ),
  itl_p99_seconds: later(
    measure("s", "99th percentile of these times, linear between the two nearest (type 7)"),
  ),
  tpot_seconds: later(
    measure(
      "s",
      "time per output token: from the first event with content to the last, divided by `output_tokens` minus one; reasoning tokens are subtracted if usage reports them. Null for fewer than two tokens or events, without usage, if reasoning came that usage does not count, and if a tool call or other choices (`n` above 1) share the count",
    ),
  ),
} as const satisfies Columns;

/** What the client measured for one streamed request, and how it ended; the last keys of a line. */
export const REQUEST_COLUMNS = {
  connect_seconds: measure(
    "s",
    "opening the connection (DNS, TCP, TLS), included in no other time; 0 if it was open already",
  ),
  first_byte_seconds: measure("s", "to the first byte of the response, headers included"),
  first_event_seconds: measure("s", "to the first chunk of any kind, even a role-only or empty delta"),
  first_reasoning_seconds: measure(
    "s",
    "to the first delta with non-empty reasoning, in whatever field the server sends it",
  ),
  e2e_seconds: formerly(
    measure(
      "s",
      "to the last byte of the response, or to the end of the stream (`[DONE]`) if the server sends more after it",
    ),
    "total_seconds",
  ),
  ...STREAM_COLUMNS,
  prompt_tokens: told("tokens", "length of the prompt by the server's usage"),
  output_tokens: told("tokens", "length of the answer by the server's usage"),
  finish_reason: sharedText("why the model stopped, in the server's own word"),
  outcome: word(
    OUTCOMES,
    "how the request ended: `ok`, `error`, `incomplete` (cut before its end), `timeout`",
  ),
  error: text("why it did not end well; null if it did"),
  remark: text("a further remark, such as why an answer that ended well has no TTFT"),
  started_at: text("when the request started, by the wall clock, in ISO 8601"),
} as const satisfies Columns;

const SERVER_QUEUE = told(
  "s",
  "waiting in the server before prefill, as the server reports it; part of TTFT",
);
const SERVER_PREFILL = told("s", "computing the prompt, as the server reports it; part of TTFT");
const LABEL = text("label of the run");
const METHOD_LABEL = text("label of the method");
const MODEL = sharedText("the model asked");
const CACHED_TOKENS = told("tokens", "tokens taken from a cache, as the server reports them");

/** All columns of a timed request. */
export const TIMED_COLUMNS = {
  ttft_seconds: TTFT_SECONDS,
  ...REQUEST_COLUMNS,
  cached_tokens: CACHED_TOKENS,
} as const satisfies Columns;
export const TIMED_KEYS = Object.keys(TIMED_COLUMNS) as (keyof typeof TIMED_COLUMNS)[];

/** The columns of a request for which nothing was measured. */
export const NOTHING_TIMED = Object.fromEntries(TIMED_KEYS.map((key) => [key, null])) as Readonly<
  Record<keyof typeof TIMED_COLUMNS, null>
>;

const TOKEN_COUNTER = sharedText(
  "who counted `context_tokens`: `server /tokenize`, a library with its vocabulary, or an estimate, which begins with ≈: four characters a token, or the number found from the server's usage for two short requests",
);

/** Whether the server's own report confirms the arranged state. */
const EVIDENCE_COLUMNS = {
  evidence: assumed(
    word(
      EVIDENCE,
      "whether the server's report confirms the state or the method: `proven`, `contradicted`, `unproven`",
    ),
    "unproven",
  ),
  evidence_source: sharedText("the field or counter that report was read from"),
  evidence_reason: sharedText("why it is not proven; null if it is, and in logs that do not say"),
} as const satisfies Columns;

/** One request of a document, cold, warm or flushed. */
export const TTFT_COLUMNS = {
  run_index: required(count("1 for the first request of a document, 2 and up for those that follow")),
  context_tokens: required(
    measure(
      "tokens",
      "length of the document, without the question and the chat template, by the counter in `token_counter`",
    ),
  ),
  ttft_seconds: stated(TTFT_SECONDS),
  label: LABEL,
  model: MODEL,
  prompt: sharedText("the question after the document"),
  prompt_kind: sharedText("the kind of question, such as `summary`, when prompts are compared"),
  cache_state: word(
    CACHE_STATES,
    "the intended state: `cold`, `warm`, `flushed`; null in logs that do not say",
  ),
  cache_control: word(
    CACHE_CONTROLS,
    "how it was brought about: `unique_prompt` (a document never sent before), `cache_salt` and `cache_prompt_false` (the same, with a request field that the server is known to honour), `repeat` (the same prompt again), `reset` (the server's own), `filler` (other prompts that fill the cache), `none` (a flush that failed: the next request is warm)",
  ),
  cached_tokens: CACHED_TOKENS,
  ...EVIDENCE_COLUMNS,
  server_queue_seconds: SERVER_QUEUE,
  server_prefill_seconds: SERVER_PREFILL,
  context_target: measure("tokens", "the context length asked for, which is the axis of a sweep"),
  trial: count(
    "the repetition within a context length; the cold and the warm request of one trial share the prompt",
  ),
  token_counter: TOKEN_COUNTER,
  ...REQUEST_COLUMNS,
} as const satisfies Columns;

const MEETS_CACHE = `how the request meets the cache: ${METHOD_NAMES.map((name) => `\`${name}\``).join(", ")}`;

/** The method of a request; null for another tool's that does not say. */
export const METHOD_OR_NONE = stated(
  word(METHOD_NAMES, `${MEETS_CACHE}; null in results of other tools, which do not say`),
);

/** What distinguishes the requests of different methods. */
export const METHOD_COLUMNS = {
  method: required(word(METHOD_NAMES, MEETS_CACHE)),
  recompute_ratio: measure(
    null,
    "share of context tokens recomputed, CacheBlend's r; 0 for full KV reuse, null for methods without one",
  ),
  tokens_per_chunk: later(
    measure(
      "tokens",
      "EPIC's k: how many tokens at the beginning of every chunk but the first are recomputed",
    ),
  ),
  selector: later(
    word(
      SELECTORS,
      "how CacheBlend chooses tokens: by the deviation of `v`, `k` or `attention`, or at `random`; null if the server chooses, and in older logs (`v`)",
    ),
  ),
  check_layer: later(
    count("the layer at which CacheBlend chooses tokens; the layers before it are computed for all tokens"),
  ),
  filtering: later(
    word(
      FILTERINGS,
      "`once` (at that layer) or `gradual` (again at every later layer, from 1.5 r down to 0.5 r)",
    ),
  ),
  cached_tokens: CACHED_TOKENS,
  recomputed_tokens: told(
    "tokens",
    "prompt tokens computed although their KV was stored, as the server reports them",
  ),
  recomputed_ratio: later(
    score(
      "share of the stored tokens' work, counted as tokens times layers, that was computed nevertheless, as the server reports it; more than r if layers before the check layer are computed for all tokens",
    ),
  ),
  ...EVIDENCE_COLUMNS,
  token_counter: TOKEN_COUNTER,
  tokenised: later(
    word(
      TOKENISED,
      "how the prompt became tokens: `pieces` (each tokenised by itself and sent as ids, the same for all methods) or `whole` (a text that the server tokenised); null in logs that do not say, in which methods that reuse chunks sent pieces and the others texts",
    ),
  ),
  collect_seconds: told(
    "s",
    "computing and storing the chunks' KV before the request, included in no other time; null if nothing was prepared",
  ),
  load_seconds: told("s", "loading stored KV within the request, as the server reports it"),
  server_queue_seconds: later(SERVER_QUEUE),
  server_prefill_seconds: later(SERVER_PREFILL),
} as const satisfies Columns;

const METHOD_CONTEXT =
  "length of all chunks together, without instruction and question, by the counter in `token_counter` (null in older logs, whose `context_tokens` covered the whole prompt)";

/** One request of one method. */
export const BLEND_COLUMNS = {
  run_index: required(count("the position of the request in the run, not counting warm-ups")),
  context_tokens: required(measure("tokens", METHOD_CONTEXT)),
  ttft_seconds: stated(TTFT_SECONDS),
  label: METHOD_LABEL,
  model: MODEL,
  ...METHOD_COLUMNS,
  ...REQUEST_COLUMNS,
  input_target: measure("tokens", "the input length asked for"),
  trial: count("the repetition of this method at this length"),
  chunks: measure(null, "how many chunks the context has"),
} as const satisfies Columns;

/** How far a method's distributions are from full prefill's; only in runs that asked for it. */
export const DIVERGENCE_COLUMNS = {
  kl_nats: later(
    measure(
      "nats",
      "mean KL(full prefill ‖ this method) per token, with both forced through the text of full prefill's greedy answer, tokenised as a text; a lower bound if `kl_mass` is below 1",
    ),
  ),
  kl_mass: later(
    score(
      "mean share of full prefill's probability that lies on tokens reported for both methods; all other tokens count as one",
    ),
  ),
  top1_agreement: later(score("share of those tokens at which both methods have the same likeliest token")),
  reference_nll: later(
    measure("nats", "mean loss per token of the first reference answer, forced after the prompt"),
  ),
  divergence_reason: later(
    sharedText(
      "why one of these was asked for but is not known; null if all are known, or none was asked for",
    ),
  ),
} as const satisfies Columns;

/** One example answered by one method, and its score. */
export const QUALITY_COLUMNS = {
  example_id: required(text("the example's id in its file, or its position there")),
  dataset: required(sharedText("the dataset: its name in `datasets.load`, or a name of the user's own")),
  dataset_sha256: later(
    sharedText(
      "SHA-256 of the file the example was read from; null for generated examples, and in logs that do not say",
    ),
  ),
  bundled_examples: later(
    count(
      "number of examples in that file if it is a bundled sample, which has the form of the dataset but none of its content; null for other files, and in logs that do not say",
    ),
  ),
  wording: later(sharedText("the prompt template: `plain`, `longbench`, `cacheblend`, `bare`")),
  format: later(
    word(
      PROMPT_FORMATS,
      "how the prompt was sent: `chat` (one user message in the model's template) or `completions` (a bare prompt, as in all logs that do not say)",
    ),
  ),
  concurrency: later(
    count(
      "how many examples ran at once; above 1 they wait for each other, so TTFT is not that of a request alone",
    ),
  ),
  metric: required(sharedText("the metric in its dialect, such as `token_f1` or `rougeL`")),
  score: stated(
    score("the answer's score, from 0 to 1; null where the request failed, which is not a score of 0"),
  ),
  prediction: text(
    "the text that is scored: for a dialogue's summary its first line, after which the server is asked to stop; for an answer in a tag the content of the tag; the whole answer if `answer_parsed` is false",
  ),
  answer_parsed: later(
    flag(
      "whether the answer had the tag it was asked for; without it, it is scored as empty; null if no tag was asked for, and in logs that do not say",
    ),
  ),
  references: required(texts("the right answers; empty in results of other tools that do not contain them")),
  retrieved: later(
    texts(
      "ids of the chunks retrieved for the question, best first; null if the passages are the dataset's own, and in logs that do not say",
    ),
  ),
  context_tokens: measure("tokens", METHOD_CONTEXT),
  context_cut_tokens: later(
    measure(
      "tokens",
      "how much was cut from the context to make the prompt fit the model; 0 if it fitted, null in logs that do not say",
    ),
  ),
  left_out: later(
    flag(
      "true for an example that was not asked because its prompt is too long; `error` says more, and no statistic counts it",
    ),
  ),
  run_fingerprint: later(
    sharedText(
      "what determines the prompts of another tool's run, hashed; rows that differ in it are not compared; null for records of this package",
    ),
  ),
  ...DIVERGENCE_COLUMNS,
  ttft_seconds: TTFT_SECONDS,
  label: METHOD_LABEL,
  model: MODEL,
  ...METHOD_COLUMNS,
  method: METHOD_OR_NONE,
  ...REQUEST_COLUMNS,
} as const satisfies Columns;

/** One request of a load, direct or through a proxy. */
export const PROXY_COLUMNS = {
  run_index: required(count("its position within its block, in order of starting")),
  target: required(word(PROXY_TARGETS, "`direct` (to the provider) or `proxied`")),
  mode: required(word(ANSWER_MODES, "`chat` (an answer in one piece) or `stream`")),
  concurrency: count("requests in flight in a closed loop; null in an open loop"),
  e2e_seconds: formerly(
    stated(
      measure("s", "from the moment the request's first byte is handed over to the last byte of the answer"),
    ),
    "latency_seconds",
  ),
  ttft_seconds: measure("s", "to the first chunk with content; null if nothing was streamed"),
  status: count("the HTTP status; null if there was no answer"),
  retry_after_seconds: later(
    measure(
      "s",
      "how long the server asked to wait before another request (`Retry-After`, in seconds or as a date); nothing is sent again. Null if it did not ask",
    ),
  ),
  finish_reason: REQUEST_COLUMNS.finish_reason,
  outcome: required(REQUEST_COLUMNS.outcome),
  failure: word(FAILURES, "the kind of failure, from a fixed set"),
  error: REQUEST_COLUMNS.error,
  label: sharedText("label of the proxy; a direct request has the label of the proxy it is compared with"),
  model: MODEL,
  rate_per_second: measure("1/s", "arrivals in an open loop; null in a closed one"),
  repeat: count("the repetition of the whole run"),
  block: count("the block within the repetition; direct and proxied loads alternate"),
  wait_seconds: measure(
    "s",
    "from the intended start until the request was handed over; in a closed loop the client's own delay",
  ),
  connect_seconds: measure("s", "opening a connection for this request; 0 if an open one was free"),
  first_byte_seconds: REQUEST_COLUMNS.first_byte_seconds,
  chunks: measure(null, "chunks with content"),
  content_bytes: measure("bytes", "content of the first choice in UTF-8, however it was split into chunks"),
  ...STREAM_COLUMNS,
  output_tokens: later(
    told(
      "tokens",
      "length of the answer by its usage; streams report usage only on request (`stream_options` in `body`)",
    ),
  ),
  // Below 0 if the provider's clock differs from the client's, which statistics of lags must notice.
  first_lag_seconds: signed("s", "first chunk: from the moment the provider sent it until it arrived"),
  last_lag_seconds: signed("s", "the same for the last chunk"),
  sent_span_seconds: told("s", "from the first chunk sent to the last"),
  received_span_seconds: measure("s", "from the first chunk received to the last"),
  coalesced_chunks: formerly(
    measure(
      null,
      "chunks that arrived after less than a tenth of the gap they were sent with, counted from the chunk before",
    ),
    "held_chunks",
  ),
  coalesced_at_start_chunks: formerly(
    measure(
      null,
      "how many of these came before the first chunk that was not coalesced: they had been sent before the stream began to arrive",
    ),
    "held_at_start_chunks",
  ),
  overhead_header_seconds: signed(
    "s",
    "what the proxy says it added (`x-litellm-overhead-duration-ms`); below 0 if its clocks disagree",
  ),
  block_seconds: measure(
    "s",
    "how long the block took: the recorded requests' share of its load's time. Successful requests divided by it are the throughput",
  ),
  client_cpu: measure(null, "CPU seconds of the client's busiest thread for each second of the block"),
  client_delay_seconds: measure("s", "the client's event-loop delay in the block, 99th percentile"),
  client_limit: word(
    CLIENT_LIMITS,
    "whether the client rather than the server limited the block: `none`, `busy` (its busiest thread, for nine tenths of the time), `late to sockets` or `late to start` (one time in a hundred, by more than 5 ms and a tenth of the median latency)",
  ),
  started_at: REQUEST_COLUMNS.started_at,
} as const satisfies Columns;

const TODAYS = new Map(
  [TTFT_COLUMNS, BLEND_COLUMNS, QUALITY_COLUMNS, PROXY_COLUMNS].flatMap((columns) => [...olderKeys(columns)]),
);

/**
 * The key that a name refers to, where keys may be today's and names those of older logs, or the other way round; undefined
 * if there is none.
 *
 * @example keyMeant(["ttft_seconds", "e2e_seconds"], "total_seconds") // "e2e_seconds"
 */
export function keyMeant<K extends string>(keys: readonly K[], name: string): K | undefined {
  const todays = (one: string): string => TODAYS.get(one) ?? one;
  return keys.find((key) => key === name) ?? keys.find((key) => todays(key) === todays(name));
}
