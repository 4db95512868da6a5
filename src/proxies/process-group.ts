import { type ChildProcess, spawn } from "node:child_process";
import type { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

/** A process that runs its command when released, and ends if its owner ends before that. */
export interface GatedProcess {
  readonly process: ChildProcess;
  letGo(): void;
}

/**
 * A shell reads a line before it becomes the command; the end of the pipe is not a line. With util-linux installed, the
 * system itself ends the command with its parent (PR_SET_PDEATHSIG), even if no process is left to do it.
 */
const GATE = `read -r go <&3 || exit 0
if setpriv --pdeathsig TERM true 2>/dev/null; then set -- setpriv --pdeathsig TERM -- "$@"; fi
exec "$@" 3<&-`;

/**
 * Starts a command, in a process group of its own, up to the moment before it runs, so that the process that must end it can
 * learn its number first.
 */
export function startGated(
  command: readonly string[],
  { cwd, env, output }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly output: number },
): GatedProcess {
  const process = spawn("/bin/sh", ["-c", GATE, "sh", ...command], {
    cwd,
    env,
    detached: true,
    stdio: ["ignore", output, output, "pipe"],
  });
  const gate = process.stdio[3] as Writable;
  // A process that was ended at the gate takes no line.
  gate.on("error", () => {});
  return { process, letGo: () => void gate.end("go\n") };
}

/** The shell's exit code for a command that it can't find. */
export const NO_SUCH_PROGRAM = 127;

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
