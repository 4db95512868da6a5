import type { Server } from "../../client/server.js";
import type { CounterTotals } from "../../client/server-counters.js";
import { largest, smallest } from "../../domain/extremes.js";
import type { ChunkedPrompt } from "../../domain/records/chunked-prompt.js";
import { METHODS, type MethodName } from "../../domain/records/methods.js";
import { wholeIds } from "../../domain/records/prompt-ids.js";
import { rateAfter } from "../../domain/records/ramp.js";
import type { LoadedRequest, LoadRecord } from "../../domain/records/record-kinds.js";
import type { ArrivalKind, LoadPhase } from "../../domain/records/words.js";
import type { LoadResult } from "../../load/load-result.js";
import type { MetricName } from "../../metrics/scorers.js";
import { answerOf } from "../../prompts/quality-prompt.js";
import { isSteady } from "../../stats/trend.js";
import type { DocumentGap, ExpectedCached } from "../../workloads/expected.js";
import type { WorkloadRequest } from "../../workloads/workload.js";
import { scoreAnswer } from "../methods/score-answer.js";
import type { LoadBlock } from "./levels.js";
import type { CheckedLoadOptions } from "./load-options.js";
import type { BlockPart } from "./load-parts.js";
import { type LoadSide, type OfferedRequest, startsOf } from "./load-side.js";

/** A block as it was asked. */
export interface AskedBlock {
  /** All requests of its plan. */
  readonly offered: readonly OfferedRequest[];
  /** The places of those that were sent. */
  readonly own: readonly number[];
  /** When each of the plan's requests is meant to start; null in a closed loop. */
  readonly starts: readonly number[] | null;
  readonly part: BlockPart | null;
}

/** The records of one block, in the order of its plan. */
export async function recordsOf(
  side: LoadSide,
  block: LoadBlock,
  { offered, own, starts, part }: AskedBlock,
  load: LoadResult & { readonly totals: CounterTotals | null },
  options: CheckedLoadOptions,
): Promise<readonly LoadRecord[]> {
  const requests = load.requests
    .map((one) => ({ ...one, request: own[one.request]! }))
    .sort((a, b) => a.request - b.request);
  const gaps = gapsOf(side, requests, offered.length, part);
  const phases = phasesOf(offered.length, block);
  const measured = requests.filter(({ request }) => phases[request] === "measured");
  const shared = {
    ...placeOf(side, block, offered, options),
    ...partColumns(part, block, load),
    block_seconds:
      part === null || starts === null
        ? blockSeconds(block, measured, load)
        : partSeconds(block, measured, starts),
    // A ramp keeps no level, so nothing in it could be steady; whether a block was that several parts made, all its rows tell.
    block_steady: block.ramp === null && part === null ? isSteady(measured) : null,
    block_counted_cached_tokens: load.totals?.cached_tokens ?? null,
    block_counted_prompt_tokens: load.totals?.prompt_tokens ?? null,
    block_counted_device_tokens: load.totals?.tiers.device ?? null,
    block_counted_host_tokens: load.totals?.tiers.host ?? null,
    block_counted_storage_tokens: load.totals?.tiers.storage ?? null,
    block_counted_external_tokens: load.totals?.tiers.external ?? null,
    client_cpu: load.client.cpu,
    client_delay_seconds: load.client.delaySeconds,
    client_late_seconds: block.concurrency === null ? load.client.scheduleDelaySeconds : null,
    client_limit: load.client.limit,
  };
  const records: LoadRecord[] = [];
  const measuredFrom =
    starts === null ? (measured[0]?.scheduled_seconds ?? null) : (starts[block.sizes.rampUp] ?? null);
  for (const request of requests) {
    const index = request.request;
    const asked = offered[index]!;
    const gap = gaps(index);
    const place = {
      run_index: index + 1,
      phase: phases[index]!,
      ramp_rate_per_second: rampRate(block, request, measuredFrom),
      document_gap_requests: gap.requests,
      document_gap_seconds: gap.seconds,
    };
    const score = await scored(side.method.server, asked.request, request);
    records.push(recordOf(side, shared, asked, request, { ...place, ...score }));
  }
  return records;
}

/** The columns of a part's share of a block, where one process sent all of it. */
const NO_PARTS = {
  shard: null,
  shards: null,
  block_starts_at: null,
  block_measured_requests: null,
  shard_late_seconds: null,
  clock_offset_seconds: null,
  clock_offset_error_seconds: null,
};

type PartColumns = Required<Pick<LoadRecord, keyof typeof NO_PARTS>>;

function partColumns(part: BlockPart | null, { sizes }: LoadBlock, load: LoadResult): PartColumns {
  if (part === null) return NO_PARTS;
  const { shard, startsAtMs, clock } = part;
  return {
    ...{ shard: shard.index, shards: shard.count },
    block_starts_at: new Date(startsAtMs).toISOString(),
    block_measured_requests: sizes.measured,
    shard_late_seconds: load.lateSeconds === null ? null : Math.max(0, load.lateSeconds),
    clock_offset_seconds: clock?.seconds ?? null,
    clock_offset_error_seconds: clock?.within ?? null,
  };
}

/** How long ago the documents of a request were last sent; seconds only from requests of this part, whose starts are known. */
function gapsOf(
  side: LoadSide,
  requests: readonly LoadedRequest[],
  offered: number,
  part: BlockPart | null,
): (index: number) => DocumentGap {
  const startedAt = new Map(requests.map(({ request, started_at }) => [request, secondsOf(started_at)]));
  const reaching = Array.from({ length: offered }, (_, index) => index).filter(
    (index) => part === null || part.reaches(index),
  );
  const gaps = side.gaps(reaching.map((index) => startedAt.get(index) ?? null));
  const byPlace = new Map(reaching.map((index, place) => [index, gaps[place]!]));
  return (index) => byPlace.get(index)!;
}

type BlockColumns = Pick<
  LoadRecord,
  | "label"
  | "model"
  | "workload"
  | "arrivals"
  | "rate_per_second"
  | "burstiness"
  | "ramp_strategy"
  | "ramp_start_per_second"
  | "ramp_end_per_second"
  | "ramp_seconds"
  | "concurrency"
  | "level"
  | "repeat"
  | "block"
  | keyof typeof NO_PARTS
  | "block_seconds"
  | "block_steady"
  | "block_counted_cached_tokens"
  | "block_counted_prompt_tokens"
  | "block_counted_device_tokens"
  | "block_counted_host_tokens"
  | "block_counted_storage_tokens"
  | "block_counted_external_tokens"
  | "client_cpu"
  | "client_delay_seconds"
  | "client_late_seconds"
  | "client_limit"
>;
type ScoreColumns = Pick<LoadRecord, "example_id" | "dataset" | "metric" | "score" | "prediction">;
type OwnColumns = ScoreColumns &
  Pick<
    LoadRecord,
    "run_index" | "phase" | "ramp_rate_per_second" | "document_gap_requests" | "document_gap_seconds"
  >;

/**
 * The columns that identify a request come first, then what was asked, what the method and the server say, and how it went.
 */
function recordOf(
  { underLoad, method, tokens }: LoadSide,
  shared: BlockColumns,
  { request: asked, prompt, expected }: OfferedRequest,
  loaded: LoadedRequest,
  {
    run_index,
    phase,
    ramp_rate_per_second,
    document_gap_requests,
    document_gap_seconds,
    ...score
  }: OwnColumns,
): LoadRecord {
  const { name, setting, server } = method;
  const { label, model, workload, arrivals, rate_per_second, burstiness, concurrency, ...levels } = shared;
  const { ramp_strategy, ramp_start_per_second, ramp_end_per_second, ramp_seconds, ...block } = levels;
  const { ttft_seconds, scheduled_seconds, wait_seconds, cached_tokens, ...told } = loaded;
  const { first_lag_seconds, last_lag_seconds, sent_span_seconds, received_span_seconds, ...rest } = told;
  const { coalesced_chunks, coalesced_at_start_chunks, overhead_header_seconds, ...others } = rest;
  const { request, cached_tokens_source, text, started_at, ...went } = others;
  const { block_seconds, block_steady, block_counted_cached_tokens, ...client } = block;
  const { block_counted_prompt_tokens, block_counted_device_tokens, block_counted_host_tokens } = client;
  const { block_counted_storage_tokens, block_counted_external_tokens } = client;
  const isAnswered = loaded.outcome === "ok";
  return {
    ...{ run_index, context_tokens: asked.contextTokens, ttft_seconds, label, model },
    ...{ workload, arrivals, rate_per_second, burstiness },
    ...{ ramp_strategy, ramp_start_per_second, ramp_end_per_second, ramp_seconds, ramp_rate_per_second },
    concurrency,
    ...{ level: block.level, repeat: block.repeat, block: block.block },
    ...{ shard: block.shard, shards: block.shards, block_starts_at: block.block_starts_at },
    block_measured_requests: block.block_measured_requests,
    shard_late_seconds: block.shard_late_seconds,
    clock_offset_seconds: block.clock_offset_seconds,
    clock_offset_error_seconds: block.clock_offset_error_seconds,
    phase,
    ...{ scheduled_seconds, wait_seconds },
    ...{ documents: asked.documents, session: asked.session, turn: asked.turn },
    ...{ document_gap_requests, document_gap_seconds },
    expected_cached_tokens: expectedBy(METHODS[name].reuses, expected),
    planned_prompt_tokens: plannedTokens(asked, prompt),
    asked_hit_ratio: METHODS[name].reuses === "nothing" ? null : (asked.askedHitRatio ?? null),
    ...{ method: name, ...setting, cached_tokens },
    ...(isAnswered
      ? underLoad.evidence(prompt, { ...loaded, cached_tokens_source }, expected)
      : { evidence: "unproven", evidence_source: null, evidence_reason: "the request failed" }),
    ...{ token_counter: server.tokens.name, tokenised: tokens.tokenised, collect_seconds: null },
    ...went,
    ...score,
    ...{ block_seconds, block_steady, block_counted_cached_tokens, block_counted_prompt_tokens },
    ...{ block_counted_device_tokens, block_counted_host_tokens },
    ...{ block_counted_storage_tokens, block_counted_external_tokens },
    ...{ client_cpu: client.client_cpu, client_delay_seconds: client.client_delay_seconds },
    ...{ client_late_seconds: client.client_late_seconds, client_limit: client.client_limit },
    started_at,
  } as LoadRecord;
}

function placeOf(
  { label, method, workload }: LoadSide,
  { concurrency, rate_per_second, ramp, level, repeat, block }: LoadBlock,
  offered: readonly OfferedRequest[],
  { arrivals = "poisson", burstiness = 1 }: CheckedLoadOptions,
) {
  const kind: ArrivalKind = concurrency !== null ? "closed" : startsOf(offered) !== null ? "trace" : arrivals;
  return {
    ...{ label, model: method.server.model, workload: workload.kind, arrivals: kind },
    ...{ rate_per_second, burstiness: kind === "gamma" ? burstiness : null, concurrency },
    ramp_strategy: ramp?.strategy ?? null,
    ramp_start_per_second: ramp?.startPerSecond ?? null,
    ramp_end_per_second: ramp?.endPerSecond ?? null,
    ramp_seconds: ramp?.seconds ?? null,
    ...{ level, repeat, block },
  };
}

/** The length of a prompt as it was made; what was tokenised beforehand is counted as it is sent. */
function plannedTokens({ pieceTokens }: WorkloadRequest, { ids }: ChunkedPrompt): number {
  if (ids !== undefined) return wholeIds(ids).length;
  const { prefix, chunks, question } = pieceTokens;
  return chunks.reduce((sum, tokens) => sum + tokens, prefix + question);
}

function expectedBy(reuses: (typeof METHODS)[MethodName]["reuses"], expected: ExpectedCached): number {
  switch (reuses) {
    case "nothing":
      return 0;
    case "prefix":
      return expected.prefixTokens;
    case "chunks":
      return expected.chunkTokens;
  }
}

/** The score of an answer that ended well, of an example that has one. */
async function scored(
  server: Server,
  { example }: WorkloadRequest,
  { outcome, text }: LoadedRequest,
): Promise<ScoreColumns> {
  if (example === null)
    return { example_id: null, dataset: null, metric: null, score: null, prediction: null };
  const { id, dataset, metric, task, references } = example;
  const prediction = outcome === "ok" && text !== null ? answerOf(text, task) : null;
  const score =
    prediction === null ? null : await scoreAnswer(metric as MetricName, prediction, references, server);
  return { example_id: id, dataset, metric, score, prediction };
}

/** A workload that ends sooner than the block has a shorter ramp at its end. */
function phasesOf(count: number, { sizes: { rampUp, measured } }: LoadBlock): readonly LoadPhase[] {
  return Array.from({ length: count }, (_, index) =>
    index < rampUp ? "ramp_up" : index < rampUp + measured ? "measured" : "ramp_down",
  );
}

/**
 * Of a closed loop, which is full all the time, the measured requests' share of the load's time; of an open one from the first
 * measured request's start to the last one's end, or to the start of the next request where that is later.
 */
function blockSeconds(
  { concurrency }: LoadBlock,
  measured: readonly LoadedRequest[],
  { requests, seconds }: LoadResult,
): number | null {
  if (measured.length === 0) return null;
  if (concurrency !== null) return (seconds * measured.length) / requests.length;
  const starts = measured.map(
    ({ scheduled_seconds, wait_seconds }) => (scheduled_seconds ?? 0) + (wait_seconds ?? 0),
  );
  const ends = measured.map(({ e2e_seconds }, index) => starts[index]! + (e2e_seconds ?? 0));
  // The gap behind the last one belongs to it: n requests in n − 1 gaps would be more a second than came.
  const next = requests.find(({ request }) => request === largest(measured.map((one) => one.request)) + 1);
  return Math.max(largest(ends), next?.scheduled_seconds ?? 0) - smallest(starts);
}

/**
 * Of a part of an open loop: from the first measured request of the whole plan, whoever sent it, to this part's last measured end or
 * the start of the next request behind them; the block took as long as its longest part.
 */
function partSeconds(
  { sizes }: LoadBlock,
  measured: readonly LoadedRequest[],
  starts: readonly number[],
): number {
  const begin = starts[sizes.rampUp]!;
  const ends = measured.map(
    ({ scheduled_seconds, wait_seconds, e2e_seconds }) =>
      (scheduled_seconds ?? 0) + (wait_seconds ?? 0) + (e2e_seconds ?? 0),
  );
  return Math.max(begin, starts[sizes.rampUp + sizes.measured] ?? 0, largest(ends)) - begin;
}

/** The rate of a ramp when a request was meant to start; outside it, that of its beginning or its end. */
function rampRate(
  { ramp }: LoadBlock,
  { scheduled_seconds: at }: LoadedRequest,
  begin: number | null,
): number | null {
  return ramp === null || at === null || begin === null ? null : rateAfter(ramp, (at - begin) / ramp.seconds);
}

const secondsOf = (started_at: string | null): number | null =>
  started_at === null ? null : Date.parse(started_at) / 1_000;
