import { sentSecrets } from "../domain/secrets/named-secrets.js";
import { type Endpoint, parseEndpoint, withQuery } from "../wire/endpoint.js";
import { commonHeaders, prepareRequest } from "../wire/http-request.js";
import type { LoadShard, ShardArrivals } from "./clients/load-shard.js";
import { type PackedBytes, packRequests } from "./clients/packed-requests.js";
import { type CheckedPlan, requestsOf } from "./load-plan.js";
import { busiestStarts, schedule } from "./start-times.js";

/** Maximum connections of an open loop, for all threads together; a request that finds them all busy waits. */
const MOST_CONNECTIONS = 4096;
/** Connections opened before an open loop: enough for answers that take this long. */
const ANSWER_SECONDS = 0.1;
const FIRST_CONNECTIONS = { least: 16, most: 256 };

/** Splits a load between threads; `threads` is 1 if the caller's own does everything. */
export function splitLoad(plan: CheckedPlan, threads: number, origin: bigint): LoadShard[] {
  const common = {
    ...sentBy(plan),
    keeps: { gaps: plan.recordGaps, text: plan.keepText },
    mode: plan.mode,
    timeoutSeconds: plan.timeoutSeconds,
    idleTimeoutSeconds: plan.idleTimeoutSeconds ?? plan.timeoutSeconds,
    origin,
  };
  return splitArrivals(plan, threads).map((arrivals) => ({ ...common, arrivals }));
}

/** What is sent, where, and which secrets must not be shown. */
interface SentRequests {
  readonly endpoint: Endpoint;
  readonly requests: PackedBytes;
  readonly secrets: readonly string[];
}

function sentBy(plan: CheckedPlan): SentRequests {
  if ("posts" in plan) {
    const { posts } = plan;
    return {
      endpoint: posts[0]!.endpoint,
      requests: packRequests(posts.map(({ bytes }) => bytes)),
      secrets: [...new Set(posts.flatMap(({ secrets }) => secrets))],
    };
  }
  const endpoint = parseEndpoint(plan.url);
  const headers = commonHeaders(endpoint, plan.apiKey, plan.headers);
  const streamed = plan.mode === "stream";
  const path = withQuery(endpoint, `${endpoint.basePath}/chat/completions`);
  const request = prepareRequest("POST", path, headers, {
    json: streamed ? { ...plan.body, stream: true } : plan.body,
    accept: streamed ? "text/event-stream" : "application/json",
  });
  return {
    endpoint,
    requests: packRequests([request]),
    secrets: [...sentSecrets(headers, plan.headers, plan.body), ...plan.secrets],
  };
}

function splitArrivals(plan: CheckedPlan, threads: number): ShardArrivals[] {
  const { arrivals } = plan;
  const requests = requestsOf(plan);
  if (arrivals.kind === "closed") {
    const places = Math.min(arrivals.concurrency, requests);
    const taken = new Int32Array(new SharedArrayBuffer(4));
    return split(places, threads).map((own) => ({ kind: "closed", places: own, requests, taken }));
  }
  const all = schedule(arrivals, requests);
  const { least, most } = FIRST_CONNECTIONS;
  const soon =
    arrivals.kind === "open"
      ? Math.ceil(arrivals.ratePerSecond * ANSWER_SECONDS)
      : busiestStarts(all, ANSWER_SECONDS);
  const first = split(Math.min(requests, most, Math.max(least, soon)), threads);
  return split(MOST_CONNECTIONS, threads).map((own, thread) => ({
    kind: "open",
    schedule: all.filter((_, request) => request % threads === thread),
    requests: { first: thread, step: threads },
    connections: { first: first[thread] ?? 0, most: own },
  }));
}

/** Parts of a whole that differ by at most one; empty shards are left out. */
function split(whole: number, parts: number): number[] {
  return Array.from({ length: Math.min(whole, parts) }, (_, i) =>
    Math.floor((whole + parts - 1 - i) / parts),
  );
}
