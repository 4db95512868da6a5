import { setTimeout as sleep } from "node:timers/promises";
import { now } from "../wire/recording.js";
import { loadedRequest, wallTimeFrom } from "./answers/loaded-request.js";
import { COLUMN } from "./answers/sample-row.js";
import { mergeSamples } from "./answers/samples.js";
import { clientLoad } from "./client-load.js";
import { checkPlan, type LoadPlan } from "./load-plan.js";
import type { LoadResult } from "./load-result.js";
import { splitLoad } from "./split-load.js";
import { prepareThreads } from "./thread.js";

/**
 * Sends the same request many times, or different requests, and measures each one.
 *
 * The bytes are prepared and connections opened before the clock starts; connections are kept, streams read to their last
 * byte. Whatever the server does becomes a request's outcome, never an exception.
 *
 * @throws OptionError for a wrong plan; the signal's reason if the caller aborts.
 * @example
 * const { requests, seconds, client } = await runLoad({
 *   url: "http://127.0.0.1:4000/v1", apiKey: "sk-1234", mode: "stream",
 *   body: { model: "gpt-4o-mini", messages: [{ role: "user", content: "Hello" }] },
 *   requests: 500, arrivals: { kind: "closed", concurrency: 100 }, timeoutSeconds: 30,
 * });
 * requests.length / seconds // 212.4 requests a second
 */
export async function runLoad(plan: LoadPlan): Promise<LoadResult> {
  const checked = checkPlan(plan);
  const signal = checked.signal ?? new AbortController().signal;
  signal.throwIfAborted();
  const { startsAtMs } = checked;
  // Connections that wait for long would be closed by the server.
  if (startsAtMs !== undefined) await until(startsAtMs - READY_MS, signal);
  const origin = now();
  const wallTime = wallTimeFrom(Date.now());
  const { threads } = checked;
  const shards = splitLoad(checked, Math.max(1, threads), origin);
  const ready = await prepareThreads(shards, threads, signal);
  if (startsAtMs !== undefined) await until(startsAtMs, signal);
  const lateSeconds = startsAtMs === undefined ? null : (Date.now() - startsAtMs) / 1_000;
  const start = Number(now() - origin);
  const results = await Promise.all(ready.map((shard) => shard.run(start)));

  const clock = { wallTime, scheduleStartNs: checked.arrivals.kind === "closed" ? null : start };
  const taken = mergeSamples(results.map(({ samples }) => samples));
  const ended = taken.reduce((latest, { row }) => Math.max(latest, row[COLUMN.ended]!), 0);
  return {
    requests: taken.map((request) => loadedRequest(request, clock)),
    lateSeconds,
    seconds: (ended - taken[0]!.row[COLUMN.sent]!) / 1e9,
    client: clientLoad(results, taken, checked.arrivals.kind),
  };
}

/** How long before its start a load begins to open connections. */
const READY_MS = 1_000;

/** Waits for a moment of this machine's clock, which may be set meanwhile. */
async function until(moment: number, signal: AbortSignal): Promise<void> {
  for (let left = moment - Date.now(); left > 0; left = moment - Date.now())
    await sleep(Math.min(left, 10_000), undefined, { signal });
}
