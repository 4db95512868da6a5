import type { ProxyRecord } from "../domain/proxy-record.js";
import { quantile } from "../stats/quantile.js";
import type { ProxyBlock } from "./proxy-blocks.js";
import { latencyOf } from "./proxy-waiting.js";

/** How busy the client's busiest thread may be, of 1. */
const BUSY = 0.9;
/** How much of the slowest hundredth's latency may be the client's own delay. */
const DELAYED = 0.1;

/** How many loads the client itself may have slowed. */
export interface ClientLimit {
  readonly loads: number;
  readonly limited: number;
  readonly highestCpu: number | null;
  readonly highestDelaySeconds: number | null;
}

/**
 * Counts the loads (a block has a direct and a proxied one) that the client may have slowed: its busiest thread was at
 * work for 90 % of the time or more, or its event loop's delay (99th percentile) was over a tenth of the load's own
 * 99th percentile of latency, so that the tail may be the client's.
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
  const latencies = rows.flatMap((row) => (row.outcome === "ok" ? (latencyOf(row) ?? []) : []));
  if (client_delay_seconds === null || latencies.length === 0) return false;
  return client_delay_seconds > DELAYED * quantile(latencies, 0.99);
}

function highest(values: readonly (number | null)[]): number | null {
  const known = values.flatMap((value) => value ?? []);
  return known.length === 0 ? null : Math.max(...known);
}
