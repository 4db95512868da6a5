import type { Command } from "commander";
import { flag } from "./vocabulary.js";

/** Adds the pair of flags that say what to do with a log that is there already. */
export function addLogFlags(command: Command): Command {
  return command.addOption(flag("resume").conflicts("overwrite")).addOption(flag("overwrite"));
}

/** Which of the log's fates the flags choose. */
export function ifLogExists(flags: { readonly resume?: true; readonly overwrite?: true }) {
  return flags.resume ? { resume: true as const } : flags.overwrite ? { overwrite: true as const } : {};
}
