import { existsSync } from "node:fs";
import { Option } from "commander";
import { OptionError } from "../../domain/errors/errors.js";
import { PARTITION_COLUMNS } from "../../logs/duckdb/column-types.js";
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
    // Folders of a run's parts, and of a column's values, have "=" in their names; what is not there may be a glob of them.
    const label = match?.[1] ?? "";
    const isPath = existsSync(log) || /^s3:\/\//i.test(label) || isFolderKey(label);
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

/** `shard` and `run/shard`, or a column behind a folder, such as `rows/label`. */
const isFolderKey = (label: string): boolean =>
  /(^|\/)shard$/.test(label) || PARTITION_COLUMNS.has(/(?<=\/)[^/]+$/.exec(label)?.[0] ?? "");
