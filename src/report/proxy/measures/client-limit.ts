import { largest } from "../../../domain/extremes.js";
import { clientLimit } from "../../../domain/records/client-limit.js";
import type { ProxyRecord } from "../../../domain/records/record-kinds.js";
import { median } from "../../../stats/quantile.js";
import type { ProxyBlock } from "./proxy-blocks.js";

/** How many loads the client itself may have slowed. */
export interface LimitedLoads {
  readonly loads: number;
  readonly limited: number;
  readonly highestCpu: number | null;
  readonly highestDelaySeconds: number | null;
}

/**
 * Counts the loads (a block has a direct and a proxied one) that the client may have limited, as judged when they were sent;
 * for a log that does not say, by the same rule applied to its columns.
 */
export function limitedLoads(blocks: readonly ProxyBlock[]): LimitedLoads {
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
  const { client_cpu, client_delay_seconds, client_limit } = rows[0]!;
  // Rows made in a notebook may lack the key.
  if ((client_limit ?? null) !== null) return client_limit !== "none";
  const latencies = rows.flatMap((row) => (row.outcome === "ok" ? (row.e2e_seconds ?? []) : []));
  const judged = clientLimit({
    ...{ cpu: client_cpu, delaySeconds: client_delay_seconds, scheduleDelaySeconds: null },
    medianLatencySeconds: latencies.length === 0 ? null : median(latencies),
  });
  return judged !== "none";
}

function highest(values: readonly (number | null)[]): number | null {
  const known = values.flatMap((value) => value ?? []);
  return known.length === 0 ? null : largest(known);
}
