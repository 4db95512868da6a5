import { largest } from "../domain/extremes.js";
import { clientLimit } from "../domain/records/client-limit.js";
import type { ClientLimit } from "../domain/records/words.js";
import { median } from "../stats/quantile.js";
import { COLUMN } from "./answers/sample-row.js";
import type { Sample } from "./answers/samples.js";
import { Histogram } from "./clients/histogram.js";
import type { ShardResult } from "./clients/load-shard.js";
import type { Arrivals } from "./load-plan.js";
import type { ClientLoad } from "./load-result.js";

/** Summarises how busy the client was, and judges by {@link clientLimit} whether it was the limit. */
export function clientLoad(
  threads: readonly ShardResult[],
  taken: readonly Sample[],
  arrivals: Arrivals["kind"],
): ClientLoad {
  const cpu = largest(threads.map(({ watch }) => watch.busy));
  const delaySeconds = largest(threads.map(({ watch }) => watch.delaySeconds));
  const lateness = new Histogram();
  for (const thread of threads) lateness.merge(Histogram.from(thread.lateness));
  const scheduleDelaySeconds = (lateness.quantile(0.99) ?? 0) / 1e9;
  const latencies = taken
    .filter(({ failure }) => failure === null)
    .map(({ row }) => (row[COLUMN.lastByte]! - row[COLUMN.sent]!) / 1e9);
  const limit = clientLimit({
    ...{ cpu, delaySeconds },
    scheduleDelaySeconds: arrivals === "closed" ? null : scheduleDelaySeconds,
    medianLatencySeconds: latencies.length === 0 ? null : median(latencies),
  });
  const load = { cpu, delaySeconds, scheduleDelaySeconds, limit };
  return { ...load, bottleneck: described(load) };
}

function described({ limit, cpu, delaySeconds, scheduleDelaySeconds }: Omit<ClientLoad, "bottleneck">) {
  const late = (what: string, seconds: number): string =>
    `One time in a hundred ${what} ${(1000 * seconds).toFixed(1)} ms late or more, which is part of the measured times: keep the machine free of other work.`;
  const sentences: Readonly<Record<ClientLimit, () => string | null>> = {
    none: () => null,
    busy: () =>
      `The client's busiest thread was busy ${Math.round(100 * cpu)} % of the time, so the client may have set the pace: use more threads, or a machine with more free cores.`,
    "late to sockets": () => late("the client looked at its sockets", delaySeconds),
    "late to start": () => late("requests were started", scheduleDelaySeconds),
  };
  return sentences[limit]();
}
