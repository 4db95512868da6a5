import { z } from "zod";
import { OptionError } from "../../domain/errors/errors.js";
import { MOST_REPEATED, MOST_REQUESTS } from "../../domain/errors/options.js";
import { requireRamp } from "../../domain/records/ramp.js";
import type { LoadRecord } from "../../domain/records/record-kinds.js";
import { RAMP_STRATEGIES, type RampStrategy } from "../../domain/records/words.js";
import type { ClientLoad } from "../../load/load-result.js";
import type { Workload } from "../../workloads/workload.js";
import { type LogOptions, logFields } from "../experiment-log.js";
import { type Methods, methodsField } from "../methods/methods-option.js";
import { FORMATS, type FormatChoice } from "../methods/prompt-format.js";
import { callback, runFields, wholeNumber } from "../option-fields.js";
import { type Shard, shardField } from "../run-plan.js";
import { START_RULE, startTime } from "../start-time.js";
import {
  type LoadBlock,
  type LoadLevel,
  levelsOf,
  type MeasuredRamp,
  requestsWithin,
  requestsWithinRamp,
} from "./levels.js";

/** A rate that rises or falls with time, like vLLM's `--ramp-up-strategy`, `--ramp-up-start-rps` and `--ramp-up-end-rps`. */
export interface LoadRamp {
  /** Requests started per second at its beginning. */
  readonly startPerSecond: number;
  /** The same at its end, higher or lower. */
  readonly endPerSecond: number;
  /** How long it takes, long enough for 20 requests. */
  readonly seconds: number;
  /** `linear` (default): by equal steps in equal times; `exponential`: by equal factors. */
  readonly strategy?: RampStrategy;
}

/** How hard the server is driven: requests started per second, regardless of others; or requests kept in flight. */
export type LoadLevels =
  | {
      /** Requests started per second, one level for each value; left out, `concurrency` is given. */
      readonly ratesPerSecond: readonly number[];
      /** How arrivals are spaced; default `poisson`. */
      readonly arrivals?: "constant" | "poisson" | "gamma";
      /**
       * Shape of the intervals of `gamma` arrivals: 1 is Poisson, below 1 is burstier, like vLLM's `--burstiness`; default 1.
       */
      readonly burstiness?: number;
      /** Instead of `requests`: how long each rate is kept up, with at least four requests; left out, `requests` decides. */
      readonly levelSeconds?: number;
      readonly concurrency?: never;
      readonly ramp?: never;
    }
  | {
      /** A rate that changes, in place of levels; its number of requests follows. Default none. */
      readonly ramp: LoadRamp;
      readonly arrivals?: "constant" | "poisson" | "gamma";
      readonly burstiness?: number;
      readonly ratesPerSecond?: never;
      readonly concurrency?: never;
      readonly levelSeconds?: never;
    }
  | {
      /** No level: the times of the workload's own requests, such as a trace's. */
      readonly ratesPerSecond?: never;
      readonly concurrency?: never;
      readonly arrivals?: never;
      readonly burstiness?: never;
      readonly levelSeconds?: never;
      readonly ramp?: never;
    }
  | {
      /** Requests kept in flight, one level for each value; left out, `ratesPerSecond` is given. */
      readonly concurrency: readonly number[];
      readonly ratesPerSecond?: never;
      readonly arrivals?: never;
      readonly burstiness?: never;
      readonly levelSeconds?: never;
      readonly ramp?: never;
    };

/** Options of a run under load. */
export type LoadOptions<L extends string = string> = LogOptions &
  LoadLevels & {
    /** The methods by the labels they are compared under, from `methods`. */
    readonly methods: Methods<L>;
    /** The requests, from `workloads`. */
    readonly workload: Workload;
    /** Measured requests of each method at each level, in all blocks of a repetition together; default 100. */
    readonly requests?: number;
    /**
     * Number of blocks in which the methods alternate at a level; default as many as leave 30 requests in each, from 2 to 6.
     */
    readonly blocks?: number;
    /** Number of times all levels are measured; default 1. */
    readonly repeats?: number;
    /** How prompts are sent; default `auto`: as a chat if every method can ask one. */
    readonly format?: FormatChoice;
    /** Whether each record contains every time between its events with content; default false. */
    readonly recordGaps?: boolean;
    /** Limit from handing over a request to its last byte; default 300. */
    readonly timeoutSeconds?: number;
    /** Worker threads of the client; default 1. */
    readonly threads?: number;
    /** Seed for the order of blocks, for arrivals and for the choice of requests, but not for their texts; default 1. */
    readonly seed?: number | string;
    /**
     * Which part of every block's requests to send, where several processes make one load together; default all of them. All
     * parts need the same `startAt`, and clocks that agree.
     */
    readonly shard?: Shard;
    /** When the first block begins in every part: a date, or a text as of `toISOString`; left out, there is one part. */
    readonly startAt?: Date | string;
    /**
     * Seconds from one block's start to the next one's in every part; default what the arrivals take and 20 more. Must be given
     * with `concurrency`, and with a workload whose requests have times of their own.
     */
    readonly slotSeconds?: number;
    /** Called with every record once its block is on disk. */
    readonly onRecord?: (record: LoadRecord) => void;
    /** Called with every block once it is on disk. */
    readonly onBlock?: (block: MeasuredLoadBlock) => void;
    /** Called with the number of blocks done, of all blocks, and the seconds left. */
    readonly onProgress?: (done: number, all: number, secondsLeft?: number | null) => void;
    /** Called before measuring with a note on what can't be reached. */
    readonly onNote?: (note: string) => void;
    /** Called with a sentence on each block that a part left out, because it was not ready when its time came. */
    readonly onLeftOut?: (note: string) => void;
    /** Stops the run when it aborts; the blocks measured so far are in the log. */
    readonly signal?: AbortSignal;
  };

/** The results of one block besides its requests. */
export interface MeasuredLoadBlock {
  readonly block: LoadBlock;
  readonly records: readonly LoadRecord[];
  readonly client: ClientLoad;
}

const above0 = "must be a number above 0";

const ratePerSecond = z.number(above0).gt(0, above0).max(100_000, "must be at most 100000");
const levelSeconds = z.number(above0).gt(0, above0).max(86_400, "must be at most 86400");
const ramp = z.strictObject(
  {
    startPerSecond: ratePerSecond,
    endPerSecond: ratePerSecond,
    seconds: levelSeconds,
    strategy: z.enum(RAMP_STRATEGIES, 'must be "linear" or "exponential"').default("linear"),
  },
  "must have startPerSecond, endPerSecond and seconds",
);

export const loadSchema = z.strictObject({
  ...logFields,
  methods: methodsField,
  workload: z.custom<Workload>(
    (value) => typeof (value as Workload | null)?.requests === "function",
    "must be a workload from workloads",
  ),
  ratesPerSecond: z
    .array(ratePerSecond, "must be a list of rates")
    .min(1, "must name at least one rate")
    .optional(),
  arrivals: z.enum(["constant", "poisson", "gamma"], 'must be "constant", "poisson" or "gamma"').optional(),
  burstiness: z.number(above0).gt(0, above0).optional(),
  concurrency: z
    .array(wholeNumber(1, 1_024), "must be a list of whole numbers")
    .min(1, "must name at least one level")
    .optional(),
  requests: wholeNumber(1, MOST_REQUESTS).optional(),
  levelSeconds: levelSeconds.optional(),
  ramp: ramp.optional(),
  blocks: wholeNumber(1, MOST_REPEATED).optional(),
  repeats: wholeNumber(1, MOST_REPEATED).default(1),
  format: z.enum(FORMATS, `must be one of ${FORMATS.join(", ")}`).default("auto"),
  recordGaps: z.boolean("must be true or false").default(false),
  timeoutSeconds: z.number(above0).gt(0, above0).max(86_400, "must be at most 86400").default(300),
  threads: wholeNumber(0, 64).default(1),
  shard: shardField,
  startAt: z
    .union([z.date(), z.string()], START_RULE)
    .transform((value) => (typeof value === "string" ? startTime(value) : value.getTime()))
    .refine((moment) => !Number.isNaN(moment), START_RULE)
    .optional(),
  slotSeconds: levelSeconds.optional(),
  onRecord: callback<(record: LoadRecord) => void>().optional(),
  onBlock: callback<(block: MeasuredLoadBlock) => void>().optional(),
  onLeftOut: callback<(note: string) => void>().optional(),
  ...runFields,
});

/** The options with all values filled in. */
export type CheckedLoadOptions = z.infer<typeof loadSchema>;

/** Requests of a level where nothing is said. */
const USUAL_REQUESTS = 100;

/** @throws OptionError where a level is given both a number of requests and a time. */
export function requestsAsked(asked: CheckedLoadOptions): (level: LoadLevel) => number {
  const { requests, levelSeconds, concurrency } = asked;
  if (levelSeconds === undefined)
    return ({ ramp }) => (ramp === null ? (requests ?? USUAL_REQUESTS) : requestsWithinRamp(ramp));
  if (requests !== undefined)
    throw new OptionError("levelSeconds", "can't be combined with requests", levelSeconds);
  if (concurrency !== undefined)
    throw new OptionError("levelSeconds", "is for ratesPerSecond: use requests", levelSeconds);
  return ({ rate_per_second }) => requestsWithin(levelSeconds, rate_per_second!);
}

/**
 * @throws OptionError where no kind of level or more than one is given, for a level given twice, for arrivals that go with none, and
 * for a ramp that can't be measured.
 */
export function levelsAsked(asked: CheckedLoadOptions): readonly LoadLevel[] {
  const { ratesPerSecond, arrivals, burstiness, concurrency, ramp, workload } = asked;
  const kinds = { ratesPerSecond, concurrency, ramp };
  const given = Object.entries(kinds).filter(([, kind]) => kind !== undefined);
  const own = workload.ownRatePerSecond ?? null;
  if (workload.keepsOwnTimes === true && given[0] !== undefined)
    throw new OptionError(
      given[0][0],
      "must be left out: timeScale says how fast the trace is replayed",
      given[0][1],
    );
  // Blocks in a log are told apart by their level.
  for (const [option, levels] of Object.entries({ ratesPerSecond, concurrency })) {
    if (levels !== undefined && new Set(levels).size < levels.length) {
      const rule = "must name each level once; to measure levels again, use repeats";
      throw new OptionError(option, rule, levels);
    }
  }
  if (burstiness !== undefined && arrivals !== "gamma")
    throw new OptionError("burstiness", 'is for gamma arrivals (arrivals: "gamma")', burstiness);
  if (given.length === 0 && own !== null) {
    requireTimes(asked);
    for (const [option, value] of Object.entries({ arrivals, levelSeconds: asked.levelSeconds }))
      if (value !== undefined) throw new OptionError(option, "is for ratesPerSecond", value);
    return levelsOf({ ratesPerSecond: [own] });
  }
  if (given.length !== 1) {
    const rule = "must be given, or else concurrency or ramp, and no two of them";
    throw new OptionError("ratesPerSecond", rule, ratesPerSecond);
  }
  if (ramp !== undefined) return levelsOf({ ramp: rampAsked(asked, ramp) });
  if (ratesPerSecond !== undefined) {
    requireTimes(asked);
    return levelsOf({ ratesPerSecond });
  }
  if (arrivals === undefined) return levelsOf({ concurrency: concurrency! });
  const rule = "is for ratesPerSecond: with concurrency, requests start as others end";
  throw new OptionError("arrivals", rule, arrivals);
}

/** @throws OptionError where a rate is asked for requests that have times of their own, all the same. */
export function requireTimes({
  workload,
  ratesPerSecond,
}: Pick<CheckedLoadOptions, "workload" | "ratesPerSecond">): void {
  if (workload.ownRatePerSecond !== Number.POSITIVE_INFINITY) return;
  const rule =
    "can't be kept: by the workload, all requests start at the same time; ask for concurrency instead";
  throw ratesPerSecond === undefined
    ? new OptionError("timeScale", rule, workload.settings.timeScale)
    : new OptionError("ratesPerSecond", rule, ratesPerSecond);
}

/** Why a workload with times of its own, such as a trace, can't be ramped. */
export const RAMP_OF_OWN_TIMES =
  "is not for a workload whose requests have times of their own; use ratesPerSecond";

function rampAsked(
  { requests, levelSeconds, blocks, workload }: CheckedLoadOptions,
  ramp: MeasuredRamp,
): MeasuredRamp {
  for (const [option, value] of Object.entries({ requests, levelSeconds, blocks })) {
    if (value === undefined) continue;
    throw new OptionError(option, "can't be combined with ramp, which says how many requests come", value);
  }
  if (workload.ownRatePerSecond != null) throw new OptionError("ramp", RAMP_OF_OWN_TIMES, workload.kind);
  return requireRamp(ramp);
}
