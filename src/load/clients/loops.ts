import { LONGEST_TIMER_MS } from "./deadlines.js";
import type { LoadClient } from "./load-client.js";
import type { ShardArrivals } from "./load-shard.js";

/** Decides which client carries which request, and when. */
interface Loop {
  /** Load clients whose connections are opened before the start. */
  readonly first: readonly LoadClient[];
  /** Begins; `over` is called once, when all requests have ended. */
  begin(startNs: number, over: () => void): void;
  /** A client is free again; its request ended at this moment. */
  free(client: LoadClient, endedNs: number): void;
  /** Starts nothing more. */
  stop(): void;
}

/** What a loop needs to know about its thread. */
interface LoopContext {
  readonly makeClient: () => LoadClient;
  /** Nanoseconds after the origin. */
  readonly clock: () => number;
}

/** Keeps a request in flight on every client until all are taken: the next is due when the previous one has ended. */
export function closedLoop(
  arrivals: ShardArrivals & { readonly kind: "closed" },
  { makeClient, clock }: LoopContext,
): Loop {
  const { places, requests, taken } = arrivals;
  const first = Array.from({ length: places }, makeClient);
  let active = places;
  let over = (): void => {};

  const next = (client: LoadClient, due: number): void => {
    const request = Atomics.add(taken, 0, 1);
    if (request < requests) {
      client.start(request, due, clock());
      return;
    }
    client.rest();
    active -= 1;
    if (active === 0) over();
  };

  return {
    first,
    begin: (startNs, onOver) => {
      over = onOver;
      for (const client of first) next(client, startNs);
    },
    free: next,
    stop: () => {
      over = () => {};
      Atomics.store(taken, 0, requests);
    },
  };
}

/**
 * Starts requests by a schedule, regardless of earlier ones: on a free client, or on a new one while more are allowed. If all
 * are busy, the request waits for one, and its waiting counts.
 *
 * Timers wake at whole milliseconds; a request is never early, and how late it is picked up is in its sample.
 */
export function openLoop(
  arrivals: ShardArrivals & { readonly kind: "open" },
  { makeClient, clock }: LoopContext,
): Loop {
  const { schedule, requests, connections } = arrivals;
  const first = Array.from({ length: connections.first }, makeClient);
  const idle = [...first];
  let clients = first.length;
  let start = 0;
  /** Requests that are due, and how many of them have a client. */
  let due = 0;
  let placed = 0;
  let ended = 0;
  const picked = new Float64Array(schedule.length);
  let timer: NodeJS.Timeout | null = null;
  let over = (): void => {};

  /** Prefers a client whose connection is open to one that would have to open it. */
  const takeIdle = (): LoadClient | undefined => {
    const ready = idle.findLastIndex((client) => client.ready);
    return ready === -1 ? idle.pop() : idle.splice(ready, 1)[0];
  };

  const more = (): LoadClient | undefined => {
    if (clients === connections.most) return undefined;
    clients += 1;
    return makeClient();
  };

  const place = (): void => {
    while (placed < due) {
      const client = takeIdle() ?? more();
      if (client === undefined) return;
      const place = placed++;
      const request = requests.first + place * requests.step;
      client.start(request, start + schedule[place]!, picked[place]!);
    }
  };

  const pick = (): void => {
    const at = clock();
    while (due < schedule.length && start + schedule[due]! <= at) picked[due++] = at;
  };

  const tick = (): void => {
    timer = null;
    pick();
    place();
    if (due < schedule.length) {
      const wait = Math.max(0, (start + schedule[due]! - clock()) / 1e6);
      timer = setTimeout(tick, Math.min(wait, LONGEST_TIMER_MS));
    }
  };

  return {
    first,
    begin: (startNs, onOver) => {
      start = startNs;
      over = onOver;
      if (schedule.length === 0) over();
      else tick();
    },
    free: (client) => {
      client.rest();
      idle.push(client);
      ended += 1;
      pick();
      place();
      if (ended === schedule.length) over();
    },
    stop: () => {
      over = () => {};
      if (timer !== null) clearTimeout(timer);
    },
  };
}
