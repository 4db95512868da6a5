import { plainText } from "../../domain/plain-text.js";
import type { Shard } from "../../experiments/run-plan.js";
import { isRemote } from "../../logs/duckdb/copies.js";
import type { Console } from "../screen/console.js";

/** The copies whose addresses are shown in their place, by where they are. */
const shown = new Map<string, string>();

/** A path as it is shown: the address on S3 where it is that of a copy. */
export function shownPath(path: string): string {
  for (const [copy, address] of shown) if (path.startsWith(copy)) return address + path.slice(copy.length);
  return path;
}

/**
 * Runs a command that writes a log, and what is called like it, where they may be on S3: they are then written to copies on this
 * machine, which are stored when the command has ended, even where it was interrupted.
 *
 * @param log the log's address, or that of a run in parts.
 * @param run gets the path to write to.
 */
export async function storedOnS3<R>(
  log: string,
  shard: Shard | undefined,
  { err }: Console,
  run: (log: string) => Promise<R>,
): Promise<R> {
  if (!isRemote(log)) return run(log);
  const [{ writtenPath, writtenToS3 }, { logOfShard }] = await Promise.all([
    import("../../logs/duckdb/written-copy.js"),
    import("../../experiments/run-plan.js"),
  ]);
  const { log: address } = logOfShard({ log, resume: false, overwrite: false }, shard);
  const path = writtenPath(address);
  shown.set(path.replace(/\.jsonl$/, ""), address.replace(/\.jsonl$/, ""));
  const result = await writtenToS3(address, () => run(writtenPath(log)));
  err.write(plainText(`Stored: ${address}\n`));
  return result;
}
