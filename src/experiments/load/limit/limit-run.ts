import { z } from "zod";
import { OptionError } from "../../../domain/errors/errors.js";
import { checkOptions } from "../../../domain/errors/options.js";
import { cutPrompts, loadPrompt } from "../../../domain/records/cut-prompt.js";
import { isNotItsMethod } from "../../../domain/records/not-its-method.js";
import { type Objective, type Objectives, objectivesOf } from "../../../domain/records/objectives.js";
import type { LoadRecord } from "../../../domain/records/record-kinds.js";
import { loadSeconds, meets } from "../../../domain/times/load-seconds.js";
import { callback } from "../../option-fields.js";
import { isShed } from "../answered-block.js";
import { type LoadBlock, sizesOf } from "../levels.js";
import { type LoadOptions, loadSchema, requestsAsked, requireTimes } from "../load-options.js";
import { measureBlocks } from "../load-run.js";
import { type LimitSearch, nextRate, type RateLimit, type RateTried } from "./find-limit.js";

/** A search for the highest rate that meets objectives, of each method. */
export type LimitOptions<L extends string = string> = Omit<
  LoadOptions<L>,
  | "ratesPerSecond"
  | "concurrency"
  | "blocks"
  | "repeats"
  | "levelSeconds"
  | "ramp"
  | "onProgress"
  | "arrivals"
  | "burstiness"
  | "shard"
  | "startAt"
  | "slotSeconds"
  | "onLeftOut"
> & {
  /** What a request must keep. */
  readonly slo: Objectives;
  /** The share of a run's requests that must keep it; default 0.9. */
  readonly share?: number;
  /** The rate tried first, and the highest that is tried; default 0.5 and 256. */
  readonly between?: readonly [lowest: number, highest: number];
  /** How close the bounds are brought together: 0.1, the default, is 10 %; from 0.02. */
  readonly resolution?: number;
  /** Runs that confirm a bound, an odd number; default 5. Fewer are quicker, and their interval misses the limit more often. */
  readonly confirmations?: number;
  /** Runs of each method at most; default 120, of which some 30 to 50 are needed. */
  readonly mostRuns?: number;
  /** Told of every run. */
  readonly onRun?: (run: RateTried & { readonly label: string; readonly share: number }) => void;
};

const rule = "must be a number above 0";
const schema = loadSchema
  .omit({
    ratesPerSecond: true,
    concurrency: true,
    blocks: true,
    repeats: true,
    levelSeconds: true,
    ramp: true,
    shard: true,
    startAt: true,
    slotSeconds: true,
  })
  .extend({
    slo: z.custom<Objectives>(() => true),
    share: z.number("must be a number").gt(0, rule).max(1, "must be at most 1").default(0.9),
    between: z
      .tuple(
        [z.number(rule).gt(0, rule), z.number(rule).gt(0, rule)],
        "must be the lowest and the highest rate",
      )
      .refine(([lowest, highest]) => highest > lowest, "must be a rate and a higher one")
      .default([0.5, 256]),
    resolution: z
      .number("must be a number")
      .min(0.02, "must be at least 0.02")
      .max(1, "must be at most 1")
      .default(0.1),
    confirmations: z
      .int("must be an odd number")
      .min(1, "must be an odd number")
      .refine((runs) => runs % 2 === 1, "must be an odd number")
      .default(5),
    mostRuns: z.int("must be a whole number").min(1, "must be at least 1").default(120),
    onRun: callback<NonNullable<LimitOptions["onRun"]>>().optional(),
  });

/** What a search found, and the rows of all its runs. */
export interface FoundLimits<L extends string = string> {
  readonly limits: Readonly<Record<L, RateLimit>>;
  readonly rows: readonly LoadRecord[];
}

/**
 * Searches for the highest rate at which each method meets the objectives, by doubling, bisection and repeated runs.
 *
 * A run meets them when the stated share of its measured requests does, failed ones included, and TTFT did not rise or fall over
 * it; one whose requests the server all refused (HTTP 429 or 503) does not. Where requests decide that the server's report
 * contradicts, or whose prompt it cut, or no answer has a time with an objective, the search ends undecided. The methods take
 * turns. All runs are in the log, and a resumed search goes on behind the last.
 *
 * @throws OptionError for a wrong option; LogError when the log exists or can't be written; MethodRefused when a server can't do
 * what a method needs; ServerError when it answers no short request, none of a run at the
 * lowest rate, or none of another for a reason that is not the load. What was measured stays in the log.
 * @example
 * const { limits } = await load.findLimit({
 *   methods: { "Full prefill": methods.fullPrefill(server) },
 *   workload: workloads.unique({ promptTokens: 2_000 }),
 *   slo: { ttftSeconds: 1 }, requests: 100, log: "limit.jsonl",
 * });
 * limits["Full prefill"] // { kind: "between", low: 2.83, high: 3.08, settled: true }
 */
export async function findLoadLimits<L extends string>(options: LimitOptions<L>): Promise<FoundLimits<L>> {
  const { slo, share, between, resolution, confirmations, mostRuns, onRun, ...rest } = checkOptions(
    schema,
    options,
  );
  const objectives = objectivesOf(slo);
  const checked = checkOptions(loadSchema, { ...rest, ratesPerSecond: [...between] });
  requireTimes(checked);
  if (checked.workload.keepsOwnTimes === true)
    throw new OptionError(
      "workload",
      "must leave its times to the search: leave timeScale out",
      checked.workload.kind,
    );
  if (rest.burstiness !== undefined && rest.arrivals !== "gamma")
    throw new OptionError("burstiness", 'is for gamma arrivals (arrivals: "gamma")', rest.burstiness);
  const [lowest, highest] = between;
  const search: LimitSearch = { lowest, highest, resolution, repeats: confirmations, mostRuns };
  const requests = requestsAsked(checked);
  const labels = Object.keys(checked.methods) as L[];
  const limits = new Map<L, RateLimit>();

  const triedBy = (label: L, rows: readonly LoadRecord[]) => {
    const isCutPrompt = cutPrompts(rows.map(loadPrompt));
    const isCut = (row: LoadRecord) => isCutPrompt(loadPrompt(row));
    return runsOf(rows.filter((row) => row.label === label)).map((run) =>
      judged(run, isCut, objectives, share),
    );
  };
  const told = new Map<L, number>();
  function* blocks(rows: readonly LoadRecord[]): Generator<LoadBlock> {
    while (limits.size < labels.length) {
      for (const label of labels.filter((label) => !limits.has(label))) {
        const tried = triedBy(label, rows);
        for (const run of tried.slice(told.get(label) ?? 0)) onRun?.({ label, ...run });
        told.set(label, tried.length);
        const step = nextRate(tried, search);
        if (step.kind === "stop") limits.set(label, step.limit);
        else yield blockAt(step.ratePerSecond, label, rows, requests);
      }
    }
  }
  const { mostRuns: _, ...same } = search;
  const rows = await measureBlocks(checked, {
    ...{ all: null, parts: null, blocks },
    facts: { search: { ...same, share, slo: { ...slo } } },
    mayDiffer: {},
    firstRefused: `Already ${lowest} requests a second, the lowest rate, were too many: begin lower, with --rates (between).`,
  });
  return { limits: Object.fromEntries(limits) as Record<L, RateLimit>, rows };
}

/** The next run at a rate: a block of its own. */
function blockAt(
  rate: number,
  label: string,
  rows: readonly LoadRecord[],
  requests: ReturnType<typeof requestsAsked>,
): LoadBlock {
  const level = { concurrency: null, rate_per_second: rate, ramp: null };
  const rates = [...new Set(rows.map(({ rate_per_second }) => rate_per_second))];
  const before = runsOf(rows.filter((row) => row.label === label && row.rate_per_second === rate)).length;
  return {
    ...level,
    ...{ label, repeat: 1, block: before + 1 },
    level: rates.includes(rate) ? rates.indexOf(rate) + 1 : rates.length + 1,
    sizes: sizesOf(level, requests(level)),
  };
}

/** The rows of each run, in the order in which they were measured. */
function runsOf(rows: readonly LoadRecord[]): readonly (readonly LoadRecord[])[] {
  const runs = new Map<string, LoadRecord[]>();
  for (const row of rows) {
    const key = `${row.rate_per_second} ${row.block}`;
    const run = runs.get(key) ?? [];
    run.push(row);
    runs.set(key, run);
  }
  return [...runs.values()];
}

/**
 * Whether a run met the objectives. A request that was not what its label says, or whose prompt was cut, is neither good nor bad:
 * if such requests decide, or no answer has a time with an objective, the run tells nothing.
 */
function judged(
  run: readonly LoadRecord[],
  isCut: (row: LoadRecord) => boolean,
  objectives: readonly Objective[],
  wanted: number,
): RateTried & { readonly share: number } {
  const measured = run.filter(({ phase }) => phase === "measured");
  const isOther = (row: LoadRecord) => row.outcome === "ok" && (isNotItsMethod(row) || isCut(row));
  const [others, own] = [measured.filter(isOther), measured.filter((row) => !isOther(row))];
  const good = own.filter((row) => row.outcome === "ok" && meets(row, objectives, "content"));
  const share = good.length / measured.length;
  const most = (good.length + others.length) / measured.length;
  const { rate_per_second, block_steady, client_limit } = run[0]!;
  const keptLevel = block_steady !== false;
  const ended = own.filter(({ outcome }) => outcome === "ok");
  const isUnknown =
    ended.length > 0 &&
    objectives.some(({ time }) => ended.every((row) => loadSeconds(row, time, "content") === null));
  const tellsNothing = measured.length === 0 || isUnknown || (keptLevel && share < wanted && most >= wanted);
  return {
    ratePerSecond: rate_per_second!,
    met: tellsNothing ? null : share >= wanted && keptLevel,
    // What is refused at a lower rate than was asked for would be at that rate.
    clientWasLimit: client_limit !== null && client_limit !== "none" && !measured.every(isShed),
    share,
  };
}
