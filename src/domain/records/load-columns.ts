import {
  type Columns,
  count,
  flag,
  later,
  measure,
  numbers,
  required,
  stated,
  text,
  texts,
  told,
  word,
} from "./column.js";
import { BLEND_COLUMNS, METHOD_COLUMNS, PROXY_COLUMNS, QUALITY_COLUMNS, REQUEST_COLUMNS } from "./columns.js";
import { ARRIVAL_KINDS, LOAD_PHASES, WORKLOAD_KINDS } from "./words.js";

const { concurrency, rate_per_second, repeat, wait_seconds, status, failure, chunks, content_bytes } =
  PROXY_COLUMNS;
const { client_cpu, client_delay_seconds, client_limit } = PROXY_COLUMNS;
const { example_id, dataset, metric, score, prediction } = QUALITY_COLUMNS;
const { started_at, ...request } = REQUEST_COLUMNS;

/** One request under load. */
export const LOAD_COLUMNS = {
  run_index: required(
    count("the place in its block by the moment it was meant to start, from 1, ramps included"),
  ),
  context_tokens: required(
    measure(
      "tokens",
      "length of what the prompt has before its question: shared beginning, documents or history, by the counter in `token_counter`",
    ),
  ),
  ttft_seconds: stated(BLEND_COLUMNS.ttft_seconds),
  label: BLEND_COLUMNS.label,
  model: BLEND_COLUMNS.model,
  workload: required(
    word(
      WORKLOAD_KINDS,
      "what was asked: `unique` (no two prompts share a beginning), `shared_prefix`, `document_pool`, `sessions`, `trace`, `dataset`",
    ),
  ),
  arrivals: required(
    word(
      ARRIVAL_KINDS,
      "when requests start: `closed`, as soon as one of `concurrency` places is free; else by a schedule: at `constant` distances, `poisson`, `gamma`, or a `trace`'s own times",
    ),
  ),
  rate_per_second: rate_per_second,
  burstiness: measure(
    null,
    "shape of the gaps of `gamma` arrivals: 1 is Poisson, below 1 burstier; null elsewhere",
  ),
  concurrency,
  level: required(count("the place of its rate or concurrency in the list of levels, from 1")),
  repeat,
  block: required(count("the block within the repetition: labels alternate, block by block")),
  phase: required(
    word(
      LOAD_PHASES,
      "`measured`; `ramp_up` and `ramp_down` where the load was not yet, or no longer, at its level: those are in no statistic",
    ),
  ),
  scheduled_seconds: measure(
    "s",
    "from the start of its block to the moment it was meant to start; null in a closed loop",
  ),
  wait_seconds,
  documents: later(
    texts("the documents in the prompt, in order; each name is the same text throughout the run"),
  ),
  session: later(text("the conversation it belongs to")),
  turn: later(count("its place there, from 1")),
  document_gap_requests: later(
    measure(
      null,
      "how many requests of its label before it the least recently used of its documents was last sent; 0 is never in it, null where one had not been sent",
    ),
  ),
  document_gap_seconds: later(
    measure("s", "how long ago that was, from start to start; null where one had not been sent"),
  ),
  expected_cached_tokens: later(
    measure(
      "tokens",
      "how much of the prompt an endless cache would have held by its method: computed from the plan, before the run; null where it can't be told",
    ),
  ),
  ...METHOD_COLUMNS,
  device_cached_tokens: later(
    told("tokens", "of `cached_tokens`, those from the accelerator's memory, where the server tells"),
  ),
  host_cached_tokens: later(told("tokens", "of these, those from the host's memory")),
  storage_cached_tokens: later(told("tokens", "of these, those from a disk or a remote store")),
  ...request,
  failure,
  status,
  chunks,
  content_bytes,
  gaps_seconds: later(
    numbers(
      "s",
      "each time between successive events with content, where the run recorded them; their mean is `itl_seconds`",
    ),
  ),
  example_id: later(text(example_id.meaning)),
  dataset: later(text(dataset.meaning)),
  metric: later(text(metric.meaning)),
  score: later(score),
  prediction: later(prediction),
  block_seconds: measure("s", "how long the measured part of its block took"),
  block_steady: later(
    flag(
      "whether TTFT kept its level over the measured part of the block; false where it rose or fell, null where too few requests can tell",
    ),
  ),
  client_cpu,
  client_delay_seconds,
  client_late_seconds: measure(
    "s",
    "how late requests were started after they were due, 99th percentile of the block; null in a closed loop",
  ),
  client_limit,
  started_at,
} as const satisfies Columns;
