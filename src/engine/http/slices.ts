import { setImmediate } from "node:timers/promises";

const SLICE_MS = 10;

/**
 * Runs work to its end in slices, so that other connections are served in between; hands every value it yields to
 * `onValue` and then lets it leave the process before going on.
 *
 * When the signal is aborted the work is given up, and the signal's reason is thrown.
 */
export async function inSlices<Y, T>(
  work: Generator<Y | undefined, T, void>,
  onValue: (value: Y) => void,
  signal: AbortSignal,
): Promise<T> {
  let began = performance.now();
  try {
    for (;;) {
      const step = work.next();
      if (step.done === true) return step.value;
      if (step.value !== undefined) onValue(step.value);
      if (step.value === undefined && performance.now() - began < SLICE_MS) continue;
      await setImmediate();
      signal.throwIfAborted();
      began = performance.now();
    }
  } finally {
    work.return(undefined as T);
  }
}
