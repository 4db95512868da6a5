import { isRemote } from "../logs/duckdb/copies.js";
import { writtenPath, writtenToS3 } from "../logs/duckdb/written-copy.js";
import { logOfShard, type Shard, shardField } from "./run-plan.js";

/** The options of a run that say where its log is. */
interface Logged {
  readonly log: string;
  readonly shard?: Shard | undefined;
}

/**
 * Runs an experiment whose log may be on S3: it then writes a copy on this machine, which is stored when it has ended.
 *
 * @throws what the experiment throws; LogError as `writtenToS3`.
 */
export async function withLogOnS3<O extends Logged, R>(
  options: O,
  run: (options: O) => Promise<R>,
): Promise<R> {
  // What is no text, and a wrong shard, the experiment itself refuses.
  const { log, shard } = options ?? {};
  if (typeof log !== "string" || !isRemote(log) || !shardField.safeParse(shard).success) return run(options);
  const { log: address } = logOfShard({ log, resume: false, overwrite: false }, shard);
  return writtenToS3(address, () => run({ ...options, log: writtenPath(log) }));
}
