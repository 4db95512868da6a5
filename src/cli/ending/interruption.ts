import { statSync } from "node:fs";
import { FirstTokenError } from "../../domain/errors/errors.js";
import { aborted, pause } from "../../domain/waiting.js";

/** Thrown through a command when Ctrl-C or a termination request stops it; its log stays valid. */
export class Interruption extends Error {
  override readonly name = "Interruption";
}

/** Work that listens to the signal has this long to end; anything else is abandoned when the process ends. */
const GRACE_SECONDS = 0.7;

async function overdue(signal: AbortSignal): Promise<never> {
  await aborted(signal);
  await pause(GRACE_SECONDS);
  throw signal.reason;
}

/**
 * Runs `work` with a signal that the first Ctrl-C (or SIGTERM) aborts; the second ends the process at once.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Interruption(`Stopped.${whatIsKept()}`));
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  try {
    return await Promise.race([work(controller.signal), overdue(controller.signal)]);
  } catch (error) {
    // What was cut off may say so in words of its own.
    if (controller.signal.aborted && !(error instanceof FirstTokenError)) throw controller.signal.reason;
    throw error;
  } finally {
    // Once stopped, what is left is the end, which another Ctrl-C may only hasten.
    if (!controller.signal.aborted) {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
    }
  }
}

/** The log that this process writes, for the message at the end of the process. */
let log: { readonly path: string; readonly goOn: string } | null = null;

/** Says which log the command writes, and what goes on with it afterwards. */
export function writesLog(path: string, goOn = "continue with --resume"): void {
  log = { path, goOn };
}

/** What is left of a command that did not come to its end, as a sentence with a space before it; empty where it writes no log. */
export function whatIsKept(): string {
  if (log === null) return "";
  const found = statSync(log.path, { throwIfNoEntry: false });
  if (found === undefined || found.size === 0 || found.mtimeMs < performance.timeOrigin)
    return " Nothing was measured yet.";
  return ` What was measured is in ${log.path}${log.goOn === "" ? "" : `; ${log.goOn}`}.`;
}
