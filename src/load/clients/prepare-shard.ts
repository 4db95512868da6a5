import { setMaxListeners } from "node:events";
import { redactor } from "../../domain/secrets/redactor.js";
import { DrainQueue } from "../../wire/drain-queue.js";
import { now } from "../../wire/recording.js";
import { COLUMN } from "../answers/sample-row.js";
import { Samples, type SampleWords } from "../answers/samples.js";
import { KnownResponses } from "../stream/known-responses.js";
import { watchClient } from "./client-watch.js";
import { Deadlines } from "./deadlines.js";
import { Histogram } from "./histogram.js";
import { LINGER_SECONDS, LoadClient } from "./load-client.js";
import type { LoadShard, ReadyShard } from "./load-shard.js";
import { closedLoop, openLoop } from "./loops.js";
import { PackedRequests } from "./packed-requests.js";

/** More at once can overflow a server's queue of pending connections. */
const OPENED_AT_ONCE = 64;

/**
 * How long answers may be read before the sockets are polled, and stamped, again. With less, polling would take most of the
 * time: a turn of the event loop costs as much as an answer.
 */
const TURN_MS = 0.1;

/** Reads wait no longer than this: an answer may have ended with one that did not look so. */
const LOOK_MS = 1_000;

/** Opens the connections of a shard of a load on this thread, and runs it when told. Rejects with the signal's reason. */
export async function prepareShard(shard: LoadShard, signal: AbortSignal): Promise<ReadyShard> {
  const { endpoint, mode, timeoutSeconds, idleTimeoutSeconds, origin, arrivals } = shard;
  setMaxListeners(0, signal);
  const deadlines = new Deadlines(timeoutSeconds);
  const silences = idleTimeoutSeconds < timeoutSeconds ? new Deadlines(idleTimeoutSeconds) : null;
  const lingering = new Deadlines(Math.min(LINGER_SECONDS, timeoutSeconds));
  const samples = new Samples();
  const lateness = new Histogram();
  const clients: LoadClient[] = [];
  const context = {
    endpoint,
    requests: new PackedRequests(shard.requests),
    keeps: shard.keeps,
    mode,
    timeoutSeconds,
    idleTimeoutSeconds,
    known: new KnownResponses(),
    redact: redactor(shard.secrets),
    signal,
    queue: new DrainQueue(TURN_MS),
    deadlines,
    silences,
    lingering,
    keepsConnections: true,
    origin,
    onEnd: (client: LoadClient, row: Float64Array, words: SampleWords): void => {
      samples.add(row, words);
      lateness.record(Math.max(0, row[COLUMN.picked]! - row[COLUMN.due]!));
      loop.free(client, row[COLUMN.ended]!);
    },
  };
  const clock = (): number => Number(now() - origin);
  const makeClient = (): LoadClient => {
    const client = new LoadClient(context);
    clients.push(client);
    return client;
  };
  const loop =
    arrivals.kind === "closed"
      ? closedLoop(arrivals, { makeClient, clock })
      : openLoop(arrivals, { makeClient, clock });
  let looks: NodeJS.Timeout | undefined;
  const release = (): void => {
    loop.stop();
    clearInterval(looks);
    deadlines.clear();
    silences?.clear();
    lingering.clear();
    for (const client of clients) client.destroy();
  };

  for (let i = 0; i < loop.first.length && !signal.aborted; i += OPENED_AT_ONCE) {
    await Promise.all(loop.first.slice(i, i + OPENED_AT_ONCE).map((client) => client.prepare()));
  }
  if (signal.aborted) {
    release();
    throw signal.reason;
  }
  return {
    run: (startNs) =>
      new Promise((resolve, reject) => {
        const watch = watchClient();
        looks = setInterval(() => {
          for (const client of clients) client.lookSoon();
        }, LOOK_MS);
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
