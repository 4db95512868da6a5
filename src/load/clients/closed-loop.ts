import type { LoadClient } from "./load-client.js";
import type { ShardArrivals } from "./load-shard.js";
import type { Loop, LoopContext } from "./loop.js";

/** Keeps a request under way on every client until all are taken: the next is due when the one before has ended. */
export function closedLoop(
  arrivals: ShardArrivals & { readonly kind: "closed" },
  { makeClient, clock }: LoopContext,
): Loop {
  const { places, requests, taken } = arrivals;
  const first = Array.from({ length: places }, makeClient);
  let active = places;
  let over = (): void => {};

  const next = (client: LoadClient, due: number): void => {
    if (Atomics.add(taken, 0, 1) < requests) {
      client.start(due, clock());
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
