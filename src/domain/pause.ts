import { setTimeout as sleep } from "node:timers/promises";

/** Waits so long; rejects with the signal's reason as soon as it aborts. */
export async function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  await sleep(seconds * 1_000, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
}

/** Resolves when the signal aborts. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
