import { type Command, InvalidArgumentError } from "commander";
import { readWhole, whyUnreadable } from "../../disk/open-file.js";
import { OptionError } from "../../domain/errors/errors.js";
import { logOfShard, MOST_SHARDS, type Shard } from "../../experiments/run-plan.js";
import type { IfExists } from "../../logs/files/log-file.js";
import { requireNoAddress } from "../../logs/files/writable.js";
import { address } from "./flags.js";
import { ifLogExists } from "./log-flags.js";
import type { ServerFlags } from "./server-flags.js";

/** The flag of a command that several processes can share. */
export interface ShardFlag {
  readonly shard?: Shard;
  readonly servers?: readonly string[];
}

/** Adds {@link ShardFlag} to a command. */
export function addShardFlag(command: Command): Command {
  return command
    .option(
      "--shard <i/n>",
      "measure part i of n (the first is 0/n) and write it to shard=i/ in the log's folder; an interrupted part continues " +
        "(default: from SLURM_ARRAY_TASK_ID, or from JOB_COMPLETION_INDEX and JOB_COMPLETIONS)",
      shardOf,
    )
    .option(
      "--servers <path>",
      "a file with one server address per line, assigned to the parts in turn; where each part has its own, counters are evidence too",
      serversOf,
    );
}

/** The flags of the servers that a part asks: its own where there is a list of them, else what all parts share. */
export function serversOfShard<
  F extends ServerFlags & ShardFlag & { readonly blend_api_base?: readonly { readonly url: string }[] },
>(flags: F, shard: Shard | undefined): F {
  const { servers } = flags;
  if (servers === undefined) return { ...flags, isShared: shard !== undefined && shard.count > 1 };
  if (shard === undefined)
    throw new OptionError("--servers", "needs --shard, whose parts they are for", servers.join(" "));
  const { blend_api_base } = flags;
  if (blend_api_base !== undefined)
    throw new OptionError(
      "--servers",
      "can't be combined with --blend_api_base, which all parts would share",
      blend_api_base.map(({ url }) => url).join(" "),
    );
  if (flags.api_base !== undefined)
    throw new OptionError("--servers", "can't be combined with --api_base", flags.api_base);
  const api_base = servers[shard.index % servers.length]!;
  return { ...flags, api_base, isShared: servers.length < shard.count };
}

function serversOf(path: string): readonly string[] {
  let text: string;
  try {
    text = readWhole(path).toString("utf8");
  } catch (cause) {
    throw new OptionError(
      "--servers",
      `must be a readable file (${whyUnreadable(cause, "it is a directory")})`,
      path,
    );
  }
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (lines.length === 0) throw new OptionError("--servers", "must name at least one address", path);
  return lines.map(address);
}

const RULE = "It must be i/n with i from 0 to n-1, such as 0/8 for the first of eight parts.";

function shardOf(value: string): Shard {
  const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(value.trim()) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (!(shard.index < shard.count && shard.count <= MOST_SHARDS)) throw new InvalidArgumentError(RULE);
  return shard;
}

/**
 * The part of a run that this process measures: what the flag says, else its place in an array of Slurm's or in an indexed
 * job of Kubernetes; undefined if there is neither. A part that was not asked for by the flag is announced.
 *
 * @throws OptionError where the scheduler's variables do not make a part.
 */
export function chosenShard(
  { shard }: ShardFlag,
  env: NodeJS.ProcessEnv,
  say: (note: string) => void,
): Shard | undefined {
  if (shard !== undefined) return shard;
  const found = slurmShard(env) ?? kubernetesShard(env);
  if (found === undefined) return undefined;
  const { index, count, source } = found;
  if (!(Number.isSafeInteger(index) && index >= 0 && index < count && count <= MOST_SHARDS)) {
    throw new OptionError(
      "--shard",
      `can't be taken from ${source}: give --shard i/n, or --shard 0/1 to measure everything`,
      `part ${index} of ${Number.isNaN(count) ? "an unknown number" : count}`,
    );
  }
  say(`Part ${index} of ${count} (from 0), by ${source}. --shard 0/1 measures everything.`);
  return { index, count };
}

interface FoundShard extends Shard {
  readonly source: string;
}

/** Ids of an array may begin anywhere and be any step apart. */
function slurmShard(env: NodeJS.ProcessEnv): FoundShard | undefined {
  const { SLURM_ARRAY_TASK_ID: id, SLURM_ARRAY_TASK_COUNT: count } = env;
  if (!id || !count) return undefined;
  const first = Number(env.SLURM_ARRAY_TASK_MIN ?? 0);
  const step = Number(env.SLURM_ARRAY_TASK_STEP || 1);
  const index = (Number(id) - first) / step;
  return { index, count: Number(count), source: "SLURM_ARRAY_TASK_ID, _MIN, _STEP and _COUNT" };
}

function kubernetesShard(env: NodeJS.ProcessEnv): FoundShard | undefined {
  const { JOB_COMPLETION_INDEX: index, JOB_COMPLETIONS: count } = env;
  if (!index) return undefined;
  return {
    index: Number(index),
    count: Number(count ?? Number.NaN),
    source: "JOB_COMPLETION_INDEX and JOB_COMPLETIONS",
  };
}

/**
 * Where a command's log is, and what becomes of one that is there.
 *
 * @throws LogError for an address that is none of S3.
 */
export function placeOfLog(
  log: string,
  flags: { readonly resume?: true; readonly overwrite?: true },
  shard: Shard | undefined,
): { readonly log: string; readonly ifExists: IfExists } {
  requireNoAddress(log);
  const asked = { log, resume: flags.resume ?? false, overwrite: flags.overwrite ?? false };
  const place = logOfShard(asked, shard);
  return { log: place.log, ifExists: ifLogExists(place.resume ? { ...flags, resume: true } : flags) };
}

/** Says that a part has nothing to measure, which is no failure: a run may have fewer cells than parts. */
export function saysNothingToDo(
  rows: readonly unknown[],
  shard: Shard | undefined,
  say: (note: string) => void,
): boolean {
  if (rows.length > 0 || shard === undefined) return false;
  say(`Part ${shard.index} of ${shard.count} has nothing to measure: there are fewer cells than parts.`);
  return true;
}

/**
 * Whether failed requests fail the command. Those of a part are said and do not: the part is whole, its failures are counted where
 * all parts are read, and a job that waits for all parts must begin.
 */
export function failuresCount(
  rows: readonly { readonly outcome: string; readonly left_out?: boolean | null | undefined }[],
  shard: Shard | undefined,
  say: (note: string) => void,
): boolean {
  const failed = rows.filter(({ outcome, left_out }) => outcome !== "ok" && left_out !== true).length;
  if (failed === 0 || shard === undefined) return failed > 0;
  say(
    `${failed} of ${rows.length} requests failed; \`firsttoken report RUN --fail-if errors\` judges the whole run.`,
  );
  return false;
}
