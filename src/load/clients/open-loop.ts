import type { Lane } from "./lane.js";
import type { Loop, LoopContext } from "./loop.js";
import type { ShareOfArrivals } from "./share.js";

/**
 * Starts requests when a schedule says so, whatever has become of those before: on a free lane, or a new one while there
 * may be more. Where all are busy the request waits for one, and its waiting counts.
 *
 * Timers wake at whole milliseconds; a request is never early, and how late it is picked up is in its sample.
 */
export function openLoop(
  arrivals: ShareOfArrivals & { readonly kind: "open" },
  { makeLane, clock }: LoopContext,
): Loop {
  const { schedule, connections } = arrivals;
  const first = Array.from({ length: connections.first }, makeLane);
  const idle = [...first];
  let lanes = first.length;
  let start = 0;
  /** Requests that have come due, and of these the ones that have found a lane. */
  let due = 0;
  let placed = 0;
  let ended = 0;
  const picked = new Float64Array(schedule.length);
  let timer: NodeJS.Timeout | null = null;
  let over = (): void => {};

  /** One whose connection is open, rather than one that would have to open it. */
  const takeIdle = (): Lane | undefined => {
    const ready = idle.findLastIndex((lane) => lane.ready);
    return ready === -1 ? idle.pop() : idle.splice(ready, 1)[0];
  };

  const more = (): Lane | undefined => {
    if (lanes === connections.most) return undefined;
    lanes += 1;
    return makeLane();
  };

  const place = (): void => {
    while (placed < due) {
      const lane = takeIdle() ?? more();
      if (lane === undefined) return;
      const request = placed++;
      lane.start(start + schedule[request]!, picked[request]!);
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
      timer = setTimeout(tick, Math.max(0, (start + schedule[due]! - clock()) / 1e6));
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
    free: (lane) => {
      lane.rest();
      idle.push(lane);
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
