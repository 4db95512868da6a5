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

/** How long a promise is waited for, and who may end the wait. */
export interface WaitLimits {
  readonly seconds: number;
  readonly signal?: AbortSignal | undefined;
  /** What is thrown when it took too long. */
  readonly late: () => Error;
}

/**
 * What a promise gives; rejects with the signal's reason when it aborts before, and with `late()` when the time is over.
 * What the promise waits for goes on: its caller is to end it.
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
