import { largest } from "../domain/extremes.js";
import type { ProxyRecord } from "../domain/proxy-record.js";
import { median } from "../stats/quantile.js";
import type { ProxyBlock } from "./proxy-blocks.js";

/** How busy the client's busiest thread may be, of 1. */
const BUSY = 0.9;
/** How late the client's event loop may be without harm: so many seconds, or this share of the median latency. */
const LATE_SECONDS = 0.005;
const LATE_SHARE = 0.1;

/** How many loads the client itself may have slowed. */
export interface ClientLimit {
  readonly loads: number;
  readonly limited: number;
  readonly highestCpu: number | null;
  readonly highestDelaySeconds: number | null;
}

/**
 * Counts the loads (a block has a direct and a proxied one) that the client may have slowed: its busiest thread was at
 * work for 90 % of the time or more, or its event loop was late, one time in a hundred, by more than 5 ms and more than
 * a tenth of the load's median latency. It is the rule by which the load itself is judged when it is sent.
 */
export function clientLimit(blocks: readonly ProxyBlock[]): ClientLimit {
  const loads = blocks.flatMap(({ direct, proxied }) => [direct, proxied]).filter(({ length }) => length > 0);
  const first = loads.map((rows) => rows[0]!);
  return {
    loads: loads.length,
    limited: loads.filter(isLimited).length,
    highestCpu: highest(first.map(({ client_cpu }) => client_cpu)),
    highestDelaySeconds: highest(first.map(({ client_delay_seconds }) => client_delay_seconds)),
  };
}

function isLimited(rows: readonly ProxyRecord[]): boolean {
  const { client_cpu, client_delay_seconds } = rows[0]!;
  if (client_cpu !== null && client_cpu >= BUSY) return true;
  const latencies = rows.flatMap((row) => (row.outcome === "ok" ? (row.latency_seconds ?? []) : []));
  if (client_delay_seconds === null) return false;
  const harmless =
    latencies.length === 0 ? LATE_SECONDS : Math.max(LATE_SECONDS, LATE_SHARE * median(latencies));
  return client_delay_seconds > harmless;
}

function highest(values: readonly (number | null)[]): number | null {
  const known = values.flatMap((value) => value ?? []);
  return known.length === 0 ? null : largest(known);
}
