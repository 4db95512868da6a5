import { existsSync } from "node:fs";
import { Option } from "commander";
import { OptionError } from "../../domain/errors/errors.js";
import type { LogSources } from "../../logs/files/sources.js";

/** The flag of commands that read runs measured in parts. */
export const partialFlag = (): Option =>
  new Option(
    "--allow_partial",
    "read a run although parts of it (--shard) are missing; every table says which",
  );

/** The logs as they are, or as a map where they are named. A name with "=" that is a file is that file. */
export function sourcesOf(logs: readonly string[]): LogSources {
  const named = logs.map((log) => {
    const match = /^([^=]+)=(.+)$/s.exec(log);
    // A part of a run has "=" in its folder's name, and what has no label may be a glob of parts.
    const isPath = existsSync(log) || /^s3:\/\/|(^|\/)shard$/.test(match?.[1] ?? "");
    return isPath ? null : match;
  });
  if (named.every((match) => match === null)) return logs;
  const labels = new Map<string, string[]>();
  for (const [index, match] of named.entries()) {
    if (match === null) {
      throw new OptionError("LOG", "must be LABEL=LOG when other logs have a label", logs[index]);
    }
    labels.set(match[1]!, [...(labels.get(match[1]!) ?? []), match[2]!]);
  }
  return Object.fromEntries(labels);
}
