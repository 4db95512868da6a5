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
 * Every key of every kind of record, once: what the types, the readers, their messages and the tables of results/README.md are
 * made of. The order is that of the keys in a line.
 */

const TTFT_SECONDS = measure(
  "s",
  "time to the first delta with non-empty content, from the request's first byte handed to an open connection; null where none came",
);

/** How the content of a stream came; beside `output_tokens`, `e2e_seconds` and `finish_reason`. */
const STREAM_COLUMNS = {
  itl_seconds: later(
    measure(
      "s",
      "inter-token latency: the mean time between successive events with content of the first choice, reasoning left out; null of fewer than two. Events that came in one read have no time between them, so that a coalesced stream shows 0: that is what the client saw",
    ),
  ),
  itl_p99_seconds: later(
    measure("s", "99th percentile of these times, linear between the two nearest (type 7)"),
  ),
  tpot_seconds: later(
    measure(
      "s",
      "time per output token: from the first event with content to the last, over `output_tokens` less one; the tokens of reasoning are taken off where usage tells them. Null of fewer than two tokens or events, without usage, where reasoning came that usage does not count, and where a tool call or other choices (`n` above 1) share its count",
    ),
  ),
} as const satisfies Columns;

/** What the client measured of one streamed request, and how it ended; the last keys of a line. */
export const REQUEST_COLUMNS = {
  connect_seconds: measure(
    "s",
    "opening the connection (DNS, TCP, TLS); in no other time; 0 where it was open",
  ),
  first_byte_seconds: measure("s", "to the response's first byte, headers included"),
  first_event_seconds: measure("s", "to the first chunk of any content, also a role-only or empty delta"),
  first_reasoning_seconds: measure(
    "s",
    "to the first delta with non-empty reasoning, in whatever field the server has it",
  ),
  e2e_seconds: formerly(
    measure(
      "s",
      "to the last byte of the response, or of the stream (`[DONE]`) where a server sends on after it",
    ),
    "total_seconds",
  ),
  ...STREAM_COLUMNS,
  prompt_tokens: told("tokens", "the prompt as the server's usage counts it"),
  output_tokens: told("tokens", "the answer as the server's usage counts it"),
  finish_reason: sharedText("why the model stopped, in the server's own word"),
  outcome: word(
    OUTCOMES,
    "how the request ended: `ok`, `error`, `incomplete` (cut before its end), `timeout`",
  ),
  error: text("why it did not end well; null where it did"),
  remark: text("a further remark, such as why an answer that ended well has no TTFT"),
  started_at: text("wall clock, ISO 8601"),
} as const satisfies Columns;

const SERVER_QUEUE = told(
  "s",
  "waiting in the server before prefill began, as the server reports it; part of TTFT",
);
const SERVER_PREFILL = told("s", "computing the prompt, as the server reports it; part of TTFT");
const LABEL = text("label of the run");
const METHOD_LABEL = text("label of the method");
const MODEL = sharedText("the model asked");
const CACHED_TOKENS = told("tokens", "tokens taken from a cache, as the server reports them");

/** All that a timed request tells of itself. */
export const TIMED_COLUMNS = {
  ttft_seconds: TTFT_SECONDS,
  ...REQUEST_COLUMNS,
  cached_tokens: CACHED_TOKENS,
} as const satisfies Columns;
export const TIMED_KEYS = Object.keys(TIMED_COLUMNS) as (keyof typeof TIMED_COLUMNS)[];

/** The columns of a request of which nothing was measured. */
export const NOTHING_TIMED = Object.fromEntries(TIMED_KEYS.map((key) => [key, null])) as Readonly<
  Record<keyof typeof TIMED_COLUMNS, null>
>;

const TOKEN_COUNTER = sharedText(
  "who counted `context_tokens`: `server /tokenize`, a library with its vocabulary, or an estimate, which begins with ≈: four characters a token, or as many as the server's usage of two short requests sent ahead has shown",
);

/** Whether the server's own report bears out what was arranged. */
const EVIDENCE_COLUMNS = {
  evidence: assumed(
    word(
      EVIDENCE,
      "whether the server's report bears out the state or the method: `proven`, `contradicted`, `unproven`",
    ),
    "unproven",
  ),
  evidence_source: sharedText("where that report was read"),
  evidence_reason: sharedText("why it is not proven; null where it is, and in logs that do not say"),
} as const satisfies Columns;

/** One request of a document, cold, warm or flushed. */
export const TTFT_COLUMNS = {
  run_index: required(count("1 for the first request of a document, 2 and more for those that follow")),
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
  prompt_kind: sharedText("what kind of question that is, where prompts are compared, such as `summary`"),
  cache_state: word(
    CACHE_STATES,
    "what was arranged: `cold`, `warm`, `flushed`; null in logs that do not say",
  ),
  cache_control: word(
    CACHE_CONTROLS,
    "how: `unique_prompt` (a document never sent before), `cache_salt` and `cache_prompt_false` (the same, with the request field of this name, which the server is known to honour), `repeat`, `reset`, `filler`, `none` (a flush that failed: what follows is warm)",
  ),
  cached_tokens: CACHED_TOKENS,
  ...EVIDENCE_COLUMNS,
  server_queue_seconds: SERVER_QUEUE,
  server_prefill_seconds: SERVER_PREFILL,
  context_target: measure("tokens", "the context length asked for: the axis of a sweep"),
  trial: count(
    "the repetition within a context length; the cold and the warm request of one trial share the prompt",
  ),
  token_counter: TOKEN_COUNTER,
  ...REQUEST_COLUMNS,
} as const satisfies Columns;

/** What tells one method's request from another's. */
export const METHOD_COLUMNS = {
  method: required(
    word(
      METHOD_NAMES,
      `how the request meets the cache: ${METHOD_NAMES.map((name) => `\`${name}\``).join(", ")}`,
    ),
  ),
  recompute_ratio: measure(
    null,
    "share of context tokens recomputed: CacheBlend's r; 0 for full KV reuse, null where it has no meaning",
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
      "by what CacheBlend chooses tokens: the deviation of `v`, `k` or `attention`, or at `random`; null where the server chooses, and in older logs (`v`)",
    ),
  ),
  check_layer: later(count("the layer at which it chooses; those before it are computed for all tokens")),
  filtering: later(
    word(
      FILTERINGS,
      "`once`, at that layer; `gradual`, again at every layer behind it, from 1.5 r down to 0.5 r",
    ),
  ),
  cached_tokens: CACHED_TOKENS,
  recomputed_tokens: told(
    "tokens",
    "prompt tokens computed although their KV was stored, as the server reports them",
  ),
  recomputed_ratio: later(
    score(
      "what share of the stored tokens' way through the layers was computed all the same, as the server tells: more than r where layers before the check layer are computed for all tokens",
    ),
  ),
  ...EVIDENCE_COLUMNS,
  token_counter: TOKEN_COUNTER,
  tokenised: later(
    word(
      TOKENISED,
      "how the prompt became tokens: `pieces`, each tokenised by itself and posted as ids, by all methods alike; `whole`, a text that its server tokenised; null in logs that do not say, where methods that reuse chunks posted pieces and the others texts",
    ),
  ),
  collect_seconds: told(
    "s",
    "computing and storing the chunks' KV ahead of the request; in no other time; null where nothing was prepared",
  ),
  load_seconds: told("s", "loading stored KV within the request, as the server reports it"),
  server_queue_seconds: later(SERVER_QUEUE),
  server_prefill_seconds: later(SERVER_PREFILL),
} as const satisfies Columns;

const METHOD_CONTEXT =
  "length of the chunks together, without instruction and question, by the counter in `token_counter` (null in older logs, whose `context_tokens` were the whole prompt's)";

/** One request of one method. */
export const BLEND_COLUMNS = {
  run_index: required(count("the place of the request in the run, warm-ups left out")),
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

/** How far a method's distributions are from full prefill's; the keys of a run that asked for it. */
export const DIVERGENCE_COLUMNS = {
  kl_nats: later(
    measure(
      "nats",
      "mean KL(full prefill ‖ this method) of a token, both forced through the text of full prefill's greedy answer, the tokens of which are those of the text; a lower bound where `kl_mass` is below 1",
    ),
  ),
  kl_mass: later(
    score(
      "the mean share of full prefill's probability that is on tokens which both tell apart; all others are put together as one",
    ),
  ),
  top1_agreement: later(score("the share of those tokens at which both have the same likeliest one")),
  reference_nll: later(
    measure("nats", "mean loss of a token of the first reference answer, forced behind the prompt"),
  ),
  divergence_reason: later(
    sharedText("why one of these is not known though it was asked for; null where all are, or none was"),
  ),
} as const satisfies Columns;

/** One example answered by one method, and its score. */
export const QUALITY_COLUMNS = {
  example_id: required(text("the example's id in its file, or its position there")),
  dataset: required(sharedText("the dataset, by its name in `datasets.load` or one of its user's own")),
  wording: later(sharedText("the prompt template: `plain`, `longbench`, `cacheblend`, `bare`")),
  format: later(
    word(
      PROMPT_FORMATS,
      "how the prompt was sent: `chat`, one user message in the model's template; `completions`, a bare prompt, as all were in logs that do not say",
    ),
  ),
  concurrency: later(
    count(
      "how many examples ran concurrently; above 1 they wait for each other, and no TTFT is that of a request alone",
    ),
  ),
  metric: required(sharedText("the metric in its dialect, such as `token_f1` or `rougeL`")),
  score: stated(
    score("the answer's score, from 0 to 1; null where the request failed, which is not a score of 0"),
  ),
  prediction: text(
    "what is scored: of a dialogue's summary the first line, at which the server is asked to stop; of an answer in a tag what stands in it; the whole answer where `answer_parsed` is false",
  ),
  answer_parsed: later(
    flag(
      "whether the answer had the tag it was asked for; one without is scored as empty; null where none was asked for, and in logs that do not say",
    ),
  ),
  references: required(texts("the right answers")),
  retrieved: later(
    texts(
      "the ids of the chunks that were retrieved for the question, best first; null where it has the dataset's own passages, and in logs that do not say",
    ),
  ),
  context_tokens: measure("tokens", METHOD_CONTEXT),
  context_cut_tokens: later(
    measure(
      "tokens",
      "taken out of the context so that the prompt fits the model's; 0 where it fitted, null in logs that do not say",
    ),
  ),
  left_out: later(
    flag(
      "true for an example that was not asked, because its prompt is too long; `error` says more, and no number counts it",
    ),
  ),
  ...DIVERGENCE_COLUMNS,
  ttft_seconds: TTFT_SECONDS,
  label: METHOD_LABEL,
  model: MODEL,
  ...METHOD_COLUMNS,
  ...REQUEST_COLUMNS,
} as const satisfies Columns;

/** One request of a load, direct or through a proxy. */
export const PROXY_COLUMNS = {
  run_index: required(count("the place in the order of starts within its block")),
  target: required(word(PROXY_TARGETS, "`direct` to the provider, or `proxied`")),
  mode: required(word(ANSWER_MODES, "`chat`, an answer in one piece, or `stream`")),
  concurrency: count("requests kept under way in a closed loop; null with open-loop arrivals"),
  e2e_seconds: formerly(
    stated(measure("s", "from the request's first byte being handed over to the last byte of the answer")),
    "latency_seconds",
  ),
  ttft_seconds: measure("s", "to the first chunk with content; null where nothing was streamed"),
  status: count("the HTTP status; null where there was no answer"),
  finish_reason: REQUEST_COLUMNS.finish_reason,
  outcome: required(REQUEST_COLUMNS.outcome),
  failure: word(FAILURES, "the kind of failure, one of a fixed set"),
  error: REQUEST_COLUMNS.error,
  label: sharedText(
    "what the proxy is called; a direct request has the label of the proxy it is compared with",
  ),
  model: MODEL,
  rate_per_second: measure("1/s", "arrivals in an open loop; null in a closed one"),
  repeat: count("the repetition of the whole run"),
  block: count("the block within it: direct and proxied loads alternate"),
  wait_seconds: measure(
    "s",
    "from the moment the request was meant to start until it was handed over; in a closed loop the client's own delay",
  ),
  connect_seconds: measure("s", "opening a connection for this very request; 0 where an open one was free"),
  first_byte_seconds: REQUEST_COLUMNS.first_byte_seconds,
  chunks: measure(null, "chunks with content"),
  content_bytes: measure("bytes", "content of the first choice in UTF-8, whatever chunks it came in"),
  ...STREAM_COLUMNS,
  output_tokens: later(
    told(
      "tokens",
      "the answer as its usage counts it; streams bring none unless asked for it (`stream_options` in `body`)",
    ),
  ),
  // Below 0 where the provider's clock is not the client's; whoever counts lags must see that.
  first_lag_seconds: signed("s", "of the first chunk: from being sent by the provider until it came"),
  last_lag_seconds: signed("s", "the same of the last chunk"),
  sent_span_seconds: told("s", "first to last chunk, as they were sent"),
  received_span_seconds: measure("s", "first to last chunk, as they came"),
  coalesced_chunks: formerly(
    measure(
      null,
      "chunks that came within a tenth of the time that had parted them from the one before when they were sent",
    ),
    "held_chunks",
  ),
  coalesced_at_start_chunks: formerly(
    measure(
      null,
      "of these, those before the first that was not coalesced: they had been sent when the stream began to come",
    ),
    "held_at_start_chunks",
  ),
  overhead_header_seconds: signed(
    "s",
    "what the proxy says it added (`x-litellm-overhead-duration-ms`); below 0 where its clocks disagree",
  ),
  block_seconds: measure(
    "s",
    "how long the block took: of its load's time, the share of the requests that are recorded; good ones over it are the throughput",
  ),
  client_cpu: measure(null, "CPU seconds of the client's busiest thread for each second of the block"),
  client_delay_seconds: measure("s", "the client's event-loop delay in the block, 99th percentile"),
  client_limit: word(
    CLIENT_LIMITS,
    "whether the client set the block's pace, not the server: `none`, `busy` (its busiest thread, for nine tenths of the time), `late to sockets` or `late to start` (by more than 5 ms and a tenth of the median latency, one time in a hundred)",
  ),
  started_at: REQUEST_COLUMNS.started_at,
} as const satisfies Columns;

const TODAYS = new Map(
  [TTFT_COLUMNS, BLEND_COLUMNS, QUALITY_COLUMNS, PROXY_COLUMNS].flatMap((columns) => [...olderKeys(columns)]),
);

/**
 * The key that is meant by a name, where keys may be today's and names those of older logs, or the other way round;
 * undefined where none is.
 *
 * @example keyMeant(["ttft_seconds", "e2e_seconds"], "total_seconds") // "e2e_seconds"
 */
export function keyMeant<K extends string>(keys: readonly K[], name: string): K | undefined {
  const todays = (one: string): string => TODAYS.get(one) ?? one;
  return keys.find((key) => key === name) ?? keys.find((key) => todays(key) === todays(name));
}
