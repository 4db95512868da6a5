import type { LoadedRequest, ProxyRecord } from "../../domain/records/record-kinds.js";
import type { ProxyTarget } from "../../domain/records/words.js";
import type { Arrivals, RepeatedLoad } from "../../load/load-plan.js";
import type { LoadResult } from "../../load/load-result.js";
import { runLoad } from "../../load/run-load.js";
import type { ResolvedTarget } from "../load-target.js";
import type { BlockPair } from "./load-cells.js";
import type { CheckedProxyOptions } from "./proxy-options.js";

/** The request of LiteLLM's benchmark script. */
const BODY = { messages: [{ role: "user", content: "hi" }], max_tokens: 1 };

/** A load on one target, without what is sent when. */
export function loadOn(
  { url, apiKey, model }: ResolvedTarget,
  { body, headers, secrets, timeoutSeconds, idleTimeoutSeconds, threads, signal }: CheckedProxyOptions,
): Omit<RepeatedLoad, "mode" | "requests" | "arrivals"> {
  return {
    ...{ url, apiKey, secrets, headers, timeoutSeconds, idleTimeoutSeconds, threads },
    body: { model, ...BODY, ...body },
    ...(signal && { signal }),
  };
}

/**
 * Measures one of the two blocks of a pair and gives its records.
 *
 * A closed loop is first filled with a round of requests, and kept full with another round until the block's last request has
 * ended; neither is recorded. So every recorded request met the full concurrency: when a round starts all at once the first
 * answers come too soon, and when it drains the last ones do.
 */
export async function measureBlock(
  pair: BlockPair,
  target: ProxyTarget,
  { model, ...at }: ResolvedTarget,
  options: CheckedProxyOptions,
): Promise<LoadResult & { readonly records: readonly ProxyRecord[] }> {
  const filling = pair.concurrency ?? 0;
  const sent = filling + pair.requests + filling;
  const load = await runLoad({
    ...loadOn({ model, ...at }, options),
    mode: pair.mode,
    requests: sent,
    arrivals: arrivalsOf(pair, options),
  });
  const shared: Shared = {
    ...{ target, model },
    ...pair,
    block_seconds: (load.seconds * pair.requests) / sent,
    client_cpu: load.client.cpu,
    client_delay_seconds: load.client.delaySeconds,
    client_limit: load.client.limit,
  };
  const recorded = load.requests.slice(filling, filling + pair.requests);
  return { ...load, records: recorded.map((request, index) => recordOf(index + 1, shared, request)) };
}

/** Both blocks of a pair meet the same arrivals. */
function arrivalsOf(pair: BlockPair, { arrivals = "poisson", seed }: CheckedProxyOptions): Arrivals {
  const { concurrency, rate_per_second, repeat, mode, block } = pair;
  if (concurrency !== null) return { kind: "closed", concurrency };
  const name = `${seed} ${repeat} ${mode} ${rate_per_second} ${block}`;
  return { kind: "open", ratePerSecond: rate_per_second, spacing: arrivals, seed: name };
}

type Shared = Pick<ProxyRecord, "target" | "mode" | "concurrency" | "label" | "model" | "rate_per_second"> &
  Pick<
    ProxyRecord,
    "repeat" | "block" | "block_seconds" | "client_cpu" | "client_delay_seconds" | "client_limit"
  >;

/** The columns that identify requests and their outcome come first, as in every proxy log. */
function recordOf(run_index: number, shared: Shared, request: LoadedRequest): ProxyRecord {
  const { target, mode, concurrency, label, model, rate_per_second, repeat, block, ...client } = shared;
  return {
    ...{ run_index, target, mode, concurrency },
    e2e_seconds: request.e2e_seconds,
    ttft_seconds: request.ttft_seconds,
    status: request.status,
    retry_after_seconds: request.retry_after_seconds,
    finish_reason: request.finish_reason,
    outcome: request.outcome,
    failure: request.failure,
    error: request.error,
    ...{ label, model, rate_per_second, repeat, block },
    first_byte_seconds: request.first_byte_seconds,
    connect_seconds: request.connect_seconds,
    wait_seconds: request.wait_seconds,
    chunks: request.chunks,
    content_bytes: request.content_bytes,
    itl_seconds: request.itl_seconds,
    itl_p99_seconds: request.itl_p99_seconds,
    tpot_seconds: request.tpot_seconds,
    output_tokens: request.output_tokens,
    first_lag_seconds: request.first_lag_seconds,
    last_lag_seconds: request.last_lag_seconds,
    sent_span_seconds: request.sent_span_seconds,
    received_span_seconds: request.received_span_seconds,
    coalesced_chunks: request.coalesced_chunks,
    coalesced_at_start_chunks: request.coalesced_at_start_chunks,
    overhead_header_seconds: request.overhead_header_seconds,
    ...client,
    started_at: request.started_at,
  } as ProxyRecord;
}
