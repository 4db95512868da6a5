import { type Command, InvalidArgumentError, Option } from "commander";
import { OptionError } from "../../domain/errors/errors.js";
import type { Objectives } from "../../domain/records/objectives.js";
import { requireRamp } from "../../domain/records/ramp.js";
import { RAMP_STRATEGIES } from "../../domain/records/words.js";
import type { Shard } from "../../experiments/run-plan.js";
import { startTime } from "../../experiments/start-time.js";
import { someSeconds, wholeNumbers } from "./flags.js";
import { sloFlag } from "./table-flags.js";
import { flag } from "./vocabulary.js";

/** How hard the server is driven, for how long, and how that is shown. */
export interface LoadFlags {
  readonly rates?: readonly number[];
  readonly ramp?: RampFlag;
  readonly ramp_strategy?: "linear" | "exponential";
  readonly concurrency?: readonly number[];
  readonly arrivals?: "constant" | "poisson" | "gamma";
  readonly burstiness?: number;
  readonly requests?: number;
  readonly level_seconds?: number;
  readonly blocks?: number;
  readonly repeats: number;
  readonly slo?: Objectives;
  readonly record_gaps?: true;
  readonly find_limit?: true;
  readonly start_at?: Date;
  readonly slot_seconds?: number;
  /** Of a trace that is replayed at its own times, which are the only level then. */
  readonly time_scale?: number | string;
}

/** From one rate to another in so many seconds. */
interface RampFlag {
  readonly startPerSecond: number;
  readonly endPerSecond: number;
  readonly seconds: number;
}

/** The levels where none are given. */
const USUAL_RATES = [0.5, 1, 2, 4];

/** Requests of a level in a closed loop, and how long one of an open loop is kept up, on the embedded engine. */
const SMALL = { requests: 12, seconds: 3, searched: 24 };

const OWN_TIMES = "can't be combined with --time_scale, which replays the trace at its own times";

/** The range of a search where none is given. */
const SEARCHED = [0.5, 256];

/** Adds {@link LoadFlags} to a command. */
export function addLoadFlags(command: Command): Command {
  return command
    .addOption(flag("rates", { usually: USUAL_RATES.join(",") }).conflicts("concurrency"))
    .option(
      "--concurrency <list>",
      "requests in flight, one level each, instead of --rates",
      wholeNumbers(1, 1_024),
    )
    .addOption(
      new Option(
        "--ramp <start:end:seconds>",
        "a changing rate instead of --rates, such as 1:8:60: from 1 to 8 requests per second over 60 seconds",
      )
        .argParser(rampOf)
        .conflicts(["rates", "concurrency", "requests", "level_seconds", "blocks", "find_limit"]),
    )
    .addOption(
      new Option(
        "--ramp_strategy <how>",
        "how the rate of a ramp changes: by equal steps or by equal factors, like vLLM's --ramp-up-strategy (default: linear)",
      ).choices(RAMP_STRATEGIES),
    )
    .addOption(
      flag("arrivals", { usually: "poisson" })
        .choices(["constant", "poisson", "gamma"])
        .conflicts("concurrency"),
    )
    .option(
      "--burstiness <n>",
      "shape of the gaps of gamma arrivals: 1 is Poisson, below 1 burstier, like vLLM's --burstiness",
      burstiness,
    )
    .addOption(flag("requests", { usually: "100" }))
    .addOption(
      new Option(
        "--level_seconds <n>",
        `how long each rate is sustained, instead of --requests (default on the embedded engine: ${SMALL.seconds})`,
      )
        .argParser(someSeconds)
        .conflicts(["requests", "concurrency"]),
    )
    .addOption(flag("blocks", { usually: "at most 6, fewer for few requests" }))
    .addOption(flag("repeats", { usual: 1 }))
    .addOption(sloFlag())
    .addOption(
      new Option(
        "--find_limit",
        "search for the highest rate at which nine in ten requests meet --slo; --rates are then the lowest and highest to try",
      ).conflicts(["concurrency", "blocks", "repeats", "level_seconds"]),
    )
    .option("--record_gaps", "log every time between tokens")
    .option(
      "--start_at <time>",
      "with --shard: when all parts begin the first block, such as 2026-03-01T12:00:00Z; their clocks must agree",
      momentOf,
    )
    .option(
      "--slot_seconds <n>",
      "with --shard: seconds between the starts of two blocks (default: the time its arrivals take plus 20; must be given with --concurrency)",
      someSeconds,
    );
}

/** What a search for the limit is given; null where none is asked for. */
export function searchOf({ find_limit, slo, rates, requests, ...flags }: LoadFlags, isSmall: boolean) {
  if (find_limit === undefined) return null;
  if (slo === undefined) throw new OptionError("--find_limit", "needs --slo, the objectives", slo);
  const [lowest, highest, ...more] = rates ?? SEARCHED;
  if (lowest === undefined || highest === undefined || more.length > 0 || lowest >= highest)
    throw new OptionError(
      "--rates",
      "must be the lowest and the highest rate for --find_limit",
      rates?.join(","),
    );
  return {
    ...{ slo, recordGaps: flags.record_gaps ?? false, ...spacingOf(flags) },
    requests: requests ?? (isSmall ? SMALL.searched : 100),
    between: [lowest, highest] as const,
    // On a few cores three runs a bound must do.
    ...(isSmall && { confirmations: 3 }),
  };
}

/** The levels and sizes that the flags give, as the library takes them. */
export function loadOf(flags: LoadFlags, isSmall: boolean) {
  const { requests, level_seconds, concurrency, ramp, ramp_strategy: strategy } = flags;
  if (ramp === undefined && strategy !== undefined)
    throw new OptionError("--ramp_strategy", "is for --ramp", strategy);
  if (flags.time_scale !== undefined)
    for (const [other, value] of Object.entries({ ramp, concurrency, find_limit: flags.find_limit }))
      if (value !== undefined) throw new OptionError(`--${other}`, OWN_TIMES, "given");
  if (ramp !== undefined) {
    return {
      ...{ repeats: flags.repeats, recordGaps: flags.record_gaps ?? false, ...spacingOf(flags) },
      ramp: requireRamp({ ...ramp, strategy: strategy ?? "linear" }),
    };
  }
  const shared = {
    repeats: flags.repeats,
    recordGaps: flags.record_gaps ?? false,
    ...(flags.blocks !== undefined ? { blocks: flags.blocks } : isSmall ? { blocks: 1 } : {}),
  };
  if (concurrency !== undefined) {
    if (flags.burstiness !== undefined)
      throw new OptionError("--burstiness", "is for --rates", flags.burstiness);
    return {
      ...shared,
      concurrency,
      ...(isSmall && { requests: SMALL.requests }),
      ...(requests && { requests }),
    };
  }
  if (flags.time_scale !== undefined) {
    const others = {
      rates: flags.rates,
      arrivals: flags.arrivals,
      burstiness: flags.burstiness,
      level_seconds,
    };
    for (const [other, value] of Object.entries(others))
      if (value !== undefined) throw new OptionError(`--${other}`, OWN_TIMES, value);
    return { ...shared, ...(isSmall && { requests: SMALL.requests }), ...(requests && { requests }) };
  }
  const seconds = level_seconds ?? (isSmall && requests === undefined ? SMALL.seconds : undefined);
  return {
    ...shared,
    ratesPerSecond: flags.rates ?? USUAL_RATES,
    ...spacingOf(flags),
    ...(seconds !== undefined ? { levelSeconds: seconds } : requests !== undefined ? { requests } : {}),
  };
}

/** How the requests of a rate are spaced; a burstiness alone is one of gamma arrivals. */
function spacingOf({ arrivals, burstiness }: Pick<LoadFlags, "arrivals" | "burstiness">) {
  if (burstiness === undefined) return arrivals === undefined ? {} : { arrivals };
  if ((arrivals ?? "gamma") === "gamma") return { arrivals: "gamma" as const, burstiness };
  throw new OptionError("--burstiness", "is for --arrivals gamma", burstiness);
}

/**
 * What the parts of a load are given.
 *
 * @throws OptionError for what only the merged run can answer, and where parts have no time to start at.
 */
export function partsOfLoad(
  flags: Pick<LoadFlags, "start_at" | "slot_seconds" | "find_limit" | "concurrency"> & {
    readonly failIf?: readonly unknown[];
    readonly servers?: readonly string[];
  },
  shard: Shard | undefined,
) {
  const { start_at: startAt, slot_seconds: slotSeconds } = flags;
  if (shard === undefined || shard.count === 1) {
    for (const [flag, value] of Object.entries({ start_at: startAt, slot_seconds: slotSeconds }))
      if (value !== undefined)
        throw new OptionError(`--${flag}`, "is for a load in several parts (--shard)", value);
    return shard === undefined ? {} : { shard: { ...shard, ownServers: true } };
  }
  if (flags.find_limit !== undefined)
    throw new OptionError(
      "--find_limit",
      "can't be combined with --shard: each rate depends on all answers before it",
      true,
    );
  if (flags.failIf !== undefined && flags.failIf.length > 0)
    throw new OptionError(
      "--fail-if",
      "can't be combined with --shard: a part is not the load; read the folder of all parts",
      "given",
    );
  if (startAt === undefined)
    throw new OptionError(
      "--start_at",
      "must be given with --shard: all parts of a load start at one stated time",
      startAt,
    );
  if (flags.concurrency !== undefined && slotSeconds === undefined)
    throw new OptionError(
      "--slot_seconds",
      "must be given with --concurrency in parts: how long a block takes is not known beforehand",
      slotSeconds,
    );
  if (flags.servers !== undefined && flags.servers.length < shard.count)
    throw new OptionError(
      "--servers",
      `must name a server for each of the ${shard.count} parts of a load, or use --api_base for one that all ask`,
      flags.servers.length,
    );
  return {
    shard: { ...shard, ownServers: flags.servers !== undefined },
    startAt,
    ...(slotSeconds !== undefined && { slotSeconds }),
  };
}

function momentOf(value: string): Date {
  const moment = startTime(value);
  if (!Number.isNaN(moment)) return new Date(moment);
  throw new InvalidArgumentError(
    "It must be a date with its time and zone, such as 2026-03-01T12:00:00Z or 2026-03-01T13:00:00+01:00.",
  );
}

function rampOf(value: string): RampFlag {
  const parts = value.split(":");
  const [startPerSecond, endPerSecond, seconds] = parts.map(Number);
  const isRamp =
    parts.length === 3 &&
    parts.every((part) => part.trim() !== "" && Number(part) > 0 && Number(part) < Number.POSITIVE_INFINITY);
  if (isRamp && startPerSecond !== endPerSecond)
    return { startPerSecond: startPerSecond!, endPerSecond: endPerSecond!, seconds: seconds! };
  throw new InvalidArgumentError(
    "It must be two different rates and a number of seconds, each above 0, such as 1:8:60; for one rate use --rates.",
  );
}

function burstiness(value: string): number {
  const number = Number(value);
  if (value.trim() !== "" && number > 0 && number < Number.POSITIVE_INFINITY) return number;
  throw new InvalidArgumentError("It must be a number above 0; for even gaps use --arrivals constant.");
}
