import { readdirSync, readFileSync } from "node:fs";
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

/** A process and its command line. */
export interface ListedProcess {
  readonly pid: number;
  readonly parent: number;
  readonly commandLine: string;
}

/** The processes of this machine whose command line holds a text, zombies left out; on Linux only. */
export function processesWith(text: string): ListedProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const commandLine = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
        const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, "utf8"))![1]);
        return commandLine.includes(text) ? [{ pid: Number(name), parent, commandLine }] : [];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}
