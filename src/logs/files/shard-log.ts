import { basename, dirname, resolve } from "node:path";

/** Where a part of a run is: the run's folder, and which part it is. */
export interface ShardPlace {
  readonly run: string;
  readonly index: number;
}

/** The place of a shard's log by its path, such as `run/shard=3/log.jsonl`; null of any other log. */
export function shardPlaceOf(path: string): ShardPlace | null {
  const folder = named(dirname(path));
  const index = /^shard=(\d+)$/.exec(basename(folder))?.[1];
  return index === undefined ? null : { run: named(dirname(folder)), index: Number(index) };
}

/** A folder by its own name, which `.` and `..` are not. */
const named = (folder: string): string => (/^\.{0,2}$/.test(basename(folder)) ? resolve(folder) : folder);
