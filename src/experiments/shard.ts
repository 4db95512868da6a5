import { join } from "node:path";
import { z } from "zod";
import type { Server } from "../client/server.js";
import { OptionError } from "../domain/errors/errors.js";
import { wholeNumber } from "../domain/errors/options.js";
import { isRemote } from "../logs/duckdb/copies.js";

/** One part of a run that several processes share; `index` counts from 0. */
export interface Shard {
  readonly index: number;
  readonly count: number;
  /** Whether no other part asks this part's servers; default false: they are connected with `shared: true`. */
  readonly ownServers?: boolean | undefined;
}

/** The most shards of a run. */
export const MOST_SHARDS = 100_000;

/** The schema of the option `shard`. */
export const shardField = z
  .strictObject({
    index: wholeNumber(0),
    count: wholeNumber(1, MOST_SHARDS),
    ownServers: z.boolean("must be true or false").optional(),
  })
  .refine(({ index, count }) => index < count, "must have an index below its count: the first shard is 0")
  .optional();

/**
 * Refuses servers that other parts ask as well, and whose counters would be taken for this part's own.
 *
 * @throws OptionError
 */
export function requireCountersApart(servers: readonly Server[], shard: Shard | undefined): void {
  if (shard === undefined || shard.count === 1 || shard.ownServers === true) return;
  const counted = servers.find(({ isShared }) => !isShared);
  if (counted === undefined) return;
  const rule =
    "needs servers connected with { shared: true }, whose counters are not read while other parts ask them, " +
    "or ownServers: true where no other part does";
  throw new OptionError("shard", rule, counted.url);
}

/**
 * The cells of a plan that a shard measures: dealt out one by one, so that every shard gets short and long ones.
 *
 * @example cellsOfShard(["a", "b", "c"], { index: 0, count: 2 }) // ["a", "c"]
 */
export function cellsOfShard<C>(cells: readonly C[], shard: Shard | undefined): readonly C[] {
  return shard === undefined ? cells : cells.filter((_, place) => place % shard.count === shard.index);
}

/**
 * Where a shard writes: `shard=3/log.jsonl` in the folder that the run's log names. A task that is started again resumes its
 * log.
 */
export function logOfShard<
  O extends { readonly log: string; readonly resume: boolean; readonly overwrite: boolean },
>(options: O, shard: Shard | undefined): O {
  if (shard === undefined) return options;
  const folder = options.log.replace(/\/*(\.jsonl)?$/, "");
  const part = `shard=${shard.index}`;
  const log = isRemote(folder) ? `${folder}/${part}/log.jsonl` : join(folder, part, "log.jsonl");
  return { ...options, log, resume: options.resume || !options.overwrite };
}
