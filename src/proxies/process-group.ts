import { setTimeout as delay } from "node:timers/promises";

const POLL_MILLISECONDS = 50;

/** Ends a process group: TERM, some seconds to comply, then KILL. */
export async function stopGroup(leader: number, timeoutSeconds: number): Promise<void> {
  if (!signalGroup(leader, "SIGTERM")) return;
  for (let waited = 0; waited < timeoutSeconds * 1_000; waited += POLL_MILLISECONDS) {
    await delay(POLL_MILLISECONDS);
    if (!signalGroup(leader, 0)) return;
  }
  signalGroup(leader, "SIGKILL");
  while (signalGroup(leader, 0)) await delay(POLL_MILLISECONDS);
}

/** Signals every process of a group; false when there is none left. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch {
    return false;
  }
}
