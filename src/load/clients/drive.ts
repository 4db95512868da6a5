import { setMaxListeners } from "node:events";
import { redactor } from "../../domain/secrets/redactor.js";
import { now } from "../../wire/clock.js";
import { COLUMN, Samples } from "../answers/samples.js";
import type { Failure } from "../answers/verdict.js";
import { watchClient } from "./client-watch.js";
import { closedLoop } from "./closed-loop.js";
import { Deadlines } from "./deadlines.js";
import { DigestQueue } from "./digest-queue.js";
import { Histogram } from "./histogram.js";
import { Lane, LINGER_SECONDS } from "./lane.js";
import { openLoop } from "./open-loop.js";
import type { ReadyShare, Share } from "./share.js";

/** More at once can overflow the queue of connections a server has not yet taken. */
const OPENED_AT_ONCE = 64;

/** Opens the connections of a share of a load on this thread, and runs it when told. Rejects with the signal's reason. */
export async function prepareShare(share: Share, signal: AbortSignal): Promise<ReadyShare> {
  const { endpoint, mode, timeoutSeconds, idleTimeoutSeconds, origin, arrivals } = share;
  setMaxListeners(0, signal);
  const deadlines = new Deadlines(timeoutSeconds);
  const silences = idleTimeoutSeconds < timeoutSeconds ? new Deadlines(idleTimeoutSeconds) : null;
  const lingering = new Deadlines(Math.min(LINGER_SECONDS, timeoutSeconds));
  const samples = new Samples();
  const lateness = new Histogram();
  const lanes: Lane[] = [];
  const context = {
    endpoint,
    request: Buffer.from(share.request),
    mode,
    timeoutSeconds,
    idleTimeoutSeconds,
    redact: redactor(share.secrets),
    signal,
    queue: new DigestQueue(),
    deadlines,
    silences,
    lingering,
    keepsConnections: true,
    origin,
    onEnd: (lane: Lane, row: Float64Array, failure: Failure | null, finishReason: string | null): void => {
      samples.add(row, failure, finishReason);
      lateness.record(Math.max(0, row[COLUMN.picked]! - row[COLUMN.due]!));
      loop.free(lane, row[COLUMN.ended]!);
    },
  };
  const clock = (): number => Number(now() - origin);
  const makeLane = (): Lane => {
    const lane = new Lane(context);
    lanes.push(lane);
    return lane;
  };
  const loop =
    arrivals.kind === "closed"
      ? closedLoop(arrivals, { makeLane, clock })
      : openLoop(arrivals, { makeLane, clock });
  const release = (): void => {
    loop.stop();
    deadlines.clear();
    silences?.clear();
    lingering.clear();
    for (const lane of lanes) lane.destroy();
  };

  for (let i = 0; i < loop.first.length && !signal.aborted; i += OPENED_AT_ONCE) {
    await Promise.all(loop.first.slice(i, i + OPENED_AT_ONCE).map((lane) => lane.prepare()));
  }
  if (signal.aborted) {
    release();
    throw signal.reason;
  }
  return {
    run: (startNs) =>
      new Promise((resolve, reject) => {
        const watch = watchClient();
        const abort = (): void => {
          watch.end();
          release();
          reject(signal.reason);
        };
        if (signal.aborted) return abort();
        signal.addEventListener("abort", abort, { once: true });
        loop.begin(startNs, () => {
          const report = watch.end();
          signal.removeEventListener("abort", abort);
          release();
          resolve({ samples: samples.pack(), watch: report, lateness: lateness.toJSON() });
        });
      }),
  };
}
