import { setTimeout as sleep } from "node:timers/promises";

/** Waits for a time; rejects with the signal's reason as soon as it aborts. */
export async function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  await sleep(seconds * 1_000, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
}

/** Resolves when the signal aborts. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

/** How long to wait for a promise, and a signal that ends the wait. */
export interface WaitLimits {
  readonly seconds: number;
  readonly signal?: AbortSignal | undefined;
  /** The error if it takes too long. */
  readonly late: () => Error;
}

/**
 * The value of a promise; rejects with the signal's reason if it aborts first, and with `late()` when the time is over. The
 * underlying work continues: the caller must end it.
 */
export function awaited<T>(promise: Promise<T>, { seconds, signal, late }: WaitLimits): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    const fail = (error: unknown): void => {
      leave();
      reject(error);
    };
    const abort = (): void => fail(signal!.reason);
    const timer = setTimeout(() => fail(late()), seconds * 1_000);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    promise.then((value) => {
      leave();
      resolve(value);
    }, fail);
  });
}
