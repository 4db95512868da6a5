import { setTimeout as delay } from "node:timers/promises";

/** Whether a process has ended. */
export function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}

/** Waits until something holds; a test's own timeout ends a wait in vain. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(20);
}
