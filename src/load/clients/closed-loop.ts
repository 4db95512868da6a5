import type { Lane } from "./lane.js";
import type { Loop, LoopContext } from "./loop.js";
import type { ShareOfArrivals } from "./share.js";

/** Keeps a request under way on every lane until all are taken: the next is due when the one before has ended. */
export function closedLoop(
  arrivals: ShareOfArrivals & { readonly kind: "closed" },
  { makeLane, clock }: LoopContext,
): Loop {
  const { places, requests, taken } = arrivals;
  const first = Array.from({ length: places }, makeLane);
  let active = places;
  let over = (): void => {};

  const next = (lane: Lane, due: number): void => {
    if (Atomics.add(taken, 0, 1) < requests) {
      lane.start(due, clock());
      return;
    }
    lane.rest();
    active -= 1;
    if (active === 0) over();
  };

  return {
    first,
    begin: (startNs, onOver) => {
      over = onOver;
      for (const lane of first) next(lane, startNs);
    },
    free: next,
    stop: () => {
      over = () => {};
      Atomics.store(taken, 0, requests);
    },
  };
}
