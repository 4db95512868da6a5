import { clientLimit } from "../../../domain/records/client-limit.js";
import type { LoadRecord } from "../../../domain/records/record-kinds.js";
import type { ClientLimit } from "../../../domain/records/words.js";
import { median } from "../../../stats/quantile.js";

type Row = Pick<
  LoadRecord,
  "client_limit" | "client_cpu" | "client_delay_seconds" | "client_late_seconds" | "outcome" | "e2e_seconds"
>;

/** Whether the client limited a block, as judged when it ran; else by the same rule. Null if unknown. */
export function clientLimitOf(rows: readonly Row[]): ClientLimit | null {
  const said = rows.find((row) => row.client_limit != null)?.client_limit;
  if (said != null) return said;
  const first = rows[0];
  if (first === undefined) return null;
  const pace = {
    cpu: first.client_cpu ?? null,
    delaySeconds: first.client_delay_seconds ?? null,
    scheduleDelaySeconds: first.client_late_seconds ?? null,
  };
  if (Object.values(pace).every((value) => value === null)) return null;
  const latencies = rows.flatMap(({ outcome, e2e_seconds }) => (outcome === "ok" ? (e2e_seconds ?? []) : []));
  return clientLimit({ ...pace, medianLatencySeconds: latencies.length === 0 ? null : median(latencies) });
}
