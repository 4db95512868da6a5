import {
  type Columns,
  count,
  flag,
  later,
  measure,
  numbers,
  required,
  signed,
  stated,
  text,
  texts,
  told,
  word,
} from "./column.js";
import {
  BLEND_COLUMNS,
  METHOD_COLUMNS,
  METHOD_OR_NONE,
  PROXY_COLUMNS,
  QUALITY_COLUMNS,
  REQUEST_COLUMNS,
} from "./columns.js";
import { ARRIVAL_KINDS, LOAD_PHASES, RAMP_STRATEGIES, WORKLOAD_KINDS } from "./words.js";

const {
  concurrency,
  rate_per_second,
  repeat,
  wait_seconds,
  status,
  retry_after_seconds,
  failure,
  chunks,
  content_bytes,
} = PROXY_COLUMNS;
const { client_cpu, client_delay_seconds, client_limit } = PROXY_COLUMNS;
const { example_id, dataset, metric, score, prediction } = QUALITY_COLUMNS;
const { started_at, ...request } = REQUEST_COLUMNS;

/** One request under load. */
export const LOAD_COLUMNS = {
  run_index: required(count("its position in its block, in order of intended start, from 1, ramps included")),
  context_tokens: stated(
    measure(
      "tokens",
      "length of everything before the question (shared beginning, documents or history), by the counter in `token_counter`; null in results of other tools, which know only the whole prompt",
    ),
  ),
  ttft_seconds: stated(BLEND_COLUMNS.ttft_seconds),
  label: BLEND_COLUMNS.label,
  model: BLEND_COLUMNS.model,
  workload: stated(
    word(
      WORKLOAD_KINDS,
      "the kind of workload: `unique` (no two prompts share a beginning), `shared_prefix`, `document_pool`, `sessions`, `trace`, `dataset`; null in results of other tools that do not say",
    ),
  ),
  arrivals: stated(
    word(
      ARRIVAL_KINDS,
      "when requests start: `closed` (as soon as one of `concurrency` slots is free), or by a schedule: `constant` intervals, `poisson`, `gamma`, or the times of a `trace`; null in results of other tools that do not say",
    ),
  ),
  rate_per_second,
  burstiness: measure(
    null,
    "shape of the intervals of `gamma` arrivals: 1 is Poisson, below 1 is burstier; null for other arrivals",
  ),
  ramp_strategy: later(
    word(
      RAMP_STRATEGIES,
      "how the rate of a ramp changes with time: `linear` (by equal steps) or `exponential` (by equal factors); null where a rate or a concurrency is kept",
    ),
  ),
  ramp_start_per_second: later(measure("1/s", "the rate at the beginning of the ramp")),
  ramp_end_per_second: later(measure("1/s", "the rate at its end")),
  ramp_seconds: later(measure("s", "how long the ramp takes")),
  ramp_rate_per_second: later(
    measure("1/s", "the rate at the moment at which this request was meant to start"),
  ),
  concurrency,
  level: required(
    count(
      "position of its rate or concurrency in the list of levels, from 1; for another tool's run, its position in the file",
    ),
  ),
  repeat,
  block: required(count("the block within the repetition; labels alternate from block to block")),
  shard: later(
    measure(
      null,
      "which part of the load sent it, from 0; null where one process sent all requests. All parts of a block are one block",
    ),
  ),
  shards: later(count("how many parts the load had")),
  block_starts_at: later(text("the stated time at which all parts begin the block; ISO 8601")),
  block_measured_requests: later(count("how many measured requests the block has in all parts together")),
  shard_late_seconds: later(
    measure(
      "s",
      "how long after that time, by its own clock, this part began; its requests are then meant to start as much later",
    ),
  ),
  clock_offset_seconds: later(
    signed(
      "s",
      "how far the server's clock is ahead of this part's, by the `Date` of its answers; null if it sends none",
    ),
  ),
  clock_offset_error_seconds: later(measure("s", "by how much that may be wrong")),
  phase: required(
    word(
      LOAD_PHASES,
      "`measured`, or `ramp_up` and `ramp_down` while the load is below its level, which no statistic counts",
    ),
  ),
  scheduled_seconds: measure("s", "from the start of its block to its intended start; null in a closed loop"),
  wait_seconds,
  documents: later(
    texts("the documents in the prompt, in order; a name stands for the same text throughout the run"),
  ),
  session: later(text("the conversation the request belongs to")),
  turn: later(count("its position in the conversation, from 1")),
  document_gap_requests: later(
    measure(
      null,
      "how many requests of the same label ago the least recently used of its documents was last sent, from 1; null if one had never been sent",
    ),
  ),
  document_gap_seconds: later(
    measure("s", "how long ago that was, from start to start; null if one had never been sent"),
  ),
  expected_cached_tokens: later(
    measure(
      "tokens",
      "how much of the prompt this method would find in an unlimited cache, computed from the plan before the run; null if it can't be known",
    ),
  ),
  planned_prompt_tokens: later(
    measure(
      "tokens",
      "length of the prompt as it was made, by the counter in `token_counter`, to compare with `prompt_tokens`; a chat template is in it only where prompts are sent as ids",
    ),
  ),
  asked_hit_ratio: later(
    measure(
      null,
      "the share of its prompt that `shared_prefix` was asked to share with the requests before (`hitRatio`); null where none was asked for",
    ),
  ),
  ...METHOD_COLUMNS,
  method: METHOD_OR_NONE,
  device_cached_tokens: later(
    told(
      "tokens",
      "those of `cached_tokens` that came from the accelerator's memory, if the server reports it",
    ),
  ),
  host_cached_tokens: later(told("tokens", "those of `cached_tokens` that came from the host's memory")),
  storage_cached_tokens: later(
    told("tokens", "those of `cached_tokens` that came from a disk or a remote store"),
  ),
  ...request,
  failure,
  status,
  retry_after_seconds,
  chunks,
  content_bytes,
  gaps_seconds: later(
    numbers(
      "s",
      "each time between successive events with content, if the run recorded them; their mean is `itl_seconds`",
    ),
  ),
  example_id: later(text(example_id.meaning)),
  dataset: later(text(dataset.meaning)),
  metric: later(text(metric.meaning)),
  score: later(score),
  prediction: later(prediction),
  block_seconds: measure(
    "s",
    "how long the measured part of its block took; of a load in parts, up to the end of this part",
  ),
  block_steady: later(
    flag(
      "whether TTFT stayed level over the measured part of the block; false if it rose or fell, null if there were too few requests to judge, in a ramp, where TTFT is never steady, and in a part of a load, where only all rows of the block can show it",
    ),
  ),
  block_counted_cached_tokens: later(
    told(
      "tokens",
      "tokens from a cache by the server's own counters, over the whole block and for all clients, to compare with the sum of `cached_tokens`; they prove nothing about one request",
    ),
  ),
  block_counted_prompt_tokens: later(told("tokens", "prompt tokens by the same counters")),
  block_counted_device_tokens: later(
    told(
      "tokens",
      "those of `block_counted_cached_tokens` that came from the accelerator's memory, if the counters tell tiers apart",
    ),
  ),
  block_counted_host_tokens: later(told("tokens", "those from the host's memory")),
  block_counted_storage_tokens: later(told("tokens", "those from a disk or a remote store")),
  block_counted_external_tokens: later(
    told(
      "tokens",
      "those that a KV connector gave, such as LMCache's, which does not tell whether from the host, a disk or a remote store",
    ),
  ),
  client_cpu,
  client_delay_seconds,
  client_late_seconds: measure(
    "s",
    "how late requests started, 99th percentile of the block; null in a closed loop",
  ),
  client_limit,
  started_at,
} as const satisfies Columns;
