import { statSync } from "node:fs";

/** The log that this process writes, for whoever must say how the process ended. */
let log: { readonly path: string; readonly goOn: string } | null = null;

/** Says which log the command writes, and what goes on with it afterwards. */
export function writesLog(path: string, goOn = "go on with --resume"): void {
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
