import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import type { Server } from "../client/server.js";
import { OptionError } from "../domain/errors/errors.js";
import { wholeNumber } from "../domain/errors/options.js";
import { isObject } from "../domain/json.js";
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

/** What a run measures, cell by cell: a cell is what must not be parted, such as an example with all its methods. */
export interface RunPlan {
  /** The names of all cells in their order, as `rowCell` of the record kind gives them for a row. */
  readonly cells: readonly string[];
  readonly shard: Shard | undefined;
  /**
   * How many requests each cell has, where every part sends some of them; left out where whole cells are dealt out.
   */
  readonly requests?: Readonly<Record<string, number>>;
}

/** What the manifest says of a plan. */
export interface PlanFacts {
  /** The same for all shards of a run, and for a run of the same plan on one machine. */
  readonly plan_id: string;
  readonly planned_cells: number;
  readonly shard?: Shard;
  /** Those of this shard, where whole cells are dealt out. */
  readonly shard_cells?: readonly string[];
  /** The requests of each cell in all parts together, where the requests of a cell are dealt out. */
  readonly cell_requests?: Readonly<Record<string, number>>;
}

/** Options that are new in each run, or say where and on what it ran: they are not what is asked. */
const NOT_PLANNED = new Set([
  ...["document_nonce", "run", "dataset_files", "firstToken"],
  ...[
    "cut_examples",
    "left_out_examples",
    "server",
    "servers",
    "start_at",
    "slot_seconds",
    "clock",
    "left_out_blocks",
  ],
]);

/**
 * The facts of a plan for the manifest.
 *
 * @param asked what is asked, with the seed and the model; the servers' addresses in it are left out.
 */
export function planFacts(
  { cells, shard, requests }: RunPlan,
  asked: Readonly<Record<string, unknown>>,
): PlanFacts {
  const text = JSON.stringify({ asked: inOrder(planned(asked)), cells });
  return {
    plan_id: createHash("sha256").update(text).digest("hex").slice(0, 16),
    planned_cells: cells.length,
    ...(shard !== undefined && {
      shard: { index: shard.index, count: shard.count },
      ...(requests === undefined ? { shard_cells: cellsOfShard(cells, shard) } : { cell_requests: requests }),
    }),
  };
}

/** The options without what does not belong to a plan; below them, a field or a label may have any name. */
function planned(asked: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { prompt_nonce, methods, ...others } = asked;
  return {
    ...Object.fromEntries(Object.entries(others).filter(([name]) => !NOT_PLANNED.has(name))),
    // Only whether there is one belongs to the plan.
    ...("prompt_nonce" in asked && { prompt_nonce: (prompt_nonce ?? null) !== null }),
    ...("methods" in asked && { methods: isObject(methods) ? elsewhere(methods) : methods }),
  };
}

/** Methods by their labels, wherever they are served. */
const elsewhere = (methods: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(methods).map(([label, { server, ...method }]) => [label, method]));

/** A value with its keys in order. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isObject(value)) return value ?? null;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, inOrder(value[key])]),
  );
}
