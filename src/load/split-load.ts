import { sentSecrets } from "../domain/secrets/named-secrets.js";
import { random } from "../stats/random.js";
import { parseEndpoint, withQuery } from "../wire/endpoint.js";
import { commonHeaders, prepareRequest } from "../wire/http-request.js";
import type { LoadShard, ShardArrivals } from "./clients/load-shard.js";
import type { Arrivals, CheckedPlan } from "./load-plan.js";

/** Connections an open loop may hold at most, all threads together; a request that finds them all busy waits. */
const MOST_CONNECTIONS = 4096;
/** Connections opened ahead of an open loop: enough for answers that take so long. */
const ANSWER_SECONDS = 0.1;
const FIRST_CONNECTIONS = { least: 16, most: 256 };

/** Splits a load between threads; `threads` is 1 where the caller's own does it all. */
export function splitLoad(plan: CheckedPlan, threads: number, origin: bigint): LoadShard[] {
  const endpoint = parseEndpoint(plan.url);
  const headers = commonHeaders(endpoint, plan.apiKey, plan.headers);
  const streamed = plan.mode === "stream";
  const common = {
    endpoint,
    request: prepareRequest("POST", withQuery(endpoint, `${endpoint.basePath}/chat/completions`), headers, {
      json: streamed ? { ...plan.body, stream: true } : plan.body,
      accept: streamed ? "text/event-stream" : "application/json",
    }),
    mode: plan.mode,
    timeoutSeconds: plan.timeoutSeconds,
    idleTimeoutSeconds: plan.idleTimeoutSeconds ?? plan.timeoutSeconds,
    secrets: [...sentSecrets(headers, plan.headers, plan.body), ...plan.secrets],
    origin,
  };
  return splitArrivals(plan, threads).map((arrivals) => ({ ...common, arrivals }));
}

function splitArrivals({ arrivals, requests }: CheckedPlan, threads: number): ShardArrivals[] {
  if (arrivals.kind === "closed") {
    const places = Math.min(arrivals.concurrency, requests);
    const taken = new Int32Array(new SharedArrayBuffer(4));
    return split(places, threads).map((own) => ({ kind: "closed", places: own, requests, taken }));
  }
  const all = schedule(arrivals, requests);
  const { least, most } = FIRST_CONNECTIONS;
  const wanted = Math.min(
    requests,
    most,
    Math.max(least, Math.ceil(arrivals.ratePerSecond * ANSWER_SECONDS)),
  );
  const first = split(wanted, threads);
  return split(MOST_CONNECTIONS, threads).map((own, thread) => ({
    kind: "open",
    schedule: all.filter((_, request) => request % threads === thread),
    connections: { first: first[thread] ?? 0, most: own },
  }));
}

/** Shares of a whole that differ by one at most; a shard of nothing is left out. */
function split(whole: number, parts: number): number[] {
  return Array.from({ length: Math.min(whole, parts) }, (_, i) =>
    Math.floor((whole + parts - 1 - i) / parts),
  );
}

/**
 * When each request of an open loop is meant to start, in nanoseconds after the load's start: at equal distances from 0
 * on, or as a Poisson process, whose gaps are exponential.
 *
 * @example schedule({ kind: "open", ratePerSecond: 1000, spacing: "constant", seed: 1 }, 3) // [0, 1e6, 2e6]
 */
export function schedule(
  { ratePerSecond, spacing, seed }: Arrivals & { readonly kind: "open" },
  requests: number,
): Float64Array<ArrayBuffer> {
  const gap = 1e9 / ratePerSecond;
  if (spacing === "constant") return Float64Array.from({ length: requests }, (_, i) => i * gap);
  const draw = random(seed).fork("arrivals");
  let at = 0;
  // 1 − u is in (0, 1], where the logarithm is finite.
  return Float64Array.from({ length: requests }, () => {
    at -= gap * Math.log(1 - draw());
    return at;
  });
}
