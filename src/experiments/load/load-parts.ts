import { OptionError } from "../../domain/errors/errors.js";
import type { Random } from "../../stats/random.js";
import type { Workload } from "../../workloads/workload.js";
import type { Shard } from "../run-plan.js";
import type { ClockOffset } from "./clock-offset.js";
import { type LoadBlock, secondsAsked } from "./levels.js";

/** A load that several processes make together, from one plan: which of them this one is, and when each block begins. */
export interface LoadParts {
  readonly shard: Shard;
  /** When every part begins a block, on its own clock; milliseconds since 1970. */
  startOf(block: LoadBlock): number;
}

/** Left behind a block's arrivals for its last answers, and for making the next block's requests. */
export const PAUSE_SECONDS = 20;

/** What is asked of a load in parts. */
interface AskedParts {
  readonly shard?: Shard | undefined;
  /** Milliseconds since 1970. */
  readonly startAt?: number | undefined;
  readonly slotSeconds?: number | undefined;
  readonly workload: Workload;
  readonly concurrency?: readonly number[] | undefined;
}

/**
 * When each block begins: the first at the stated time, each other when the time of the one before it is over. That time is stated
 * too, or else what the arrivals take and {@link PAUSE_SECONDS}. So no part needs to hear of another.
 *
 * @throws OptionError where parts have no time to start at, and where a block's time is not known or too short for its arrivals.
 */
export function partsOf(
  { shard, startAt, slotSeconds, workload, concurrency }: AskedParts,
  blocks: readonly LoadBlock[],
): LoadParts | null {
  if (shard === undefined || shard.count === 1) {
    for (const [option, value] of Object.entries({ startAt, slotSeconds }))
      if (value !== undefined) throw new OptionError(option, "is for a load in several parts (shard)", value);
    return null;
  }
  if (startAt === undefined)
    throw new OptionError(
      "startAt",
      "must be given with shard: all parts of a load start at one stated time",
      startAt,
    );
  if (slotSeconds === undefined && concurrency !== undefined)
    throw new OptionError(
      "slotSeconds",
      "must be given with concurrency: how long a block takes is not known beforehand",
      slotSeconds,
    );
  if (slotSeconds === undefined && workload.ownRatePerSecond != null)
    throw new OptionError(
      "slotSeconds",
      "must be given with a workload whose requests have times of their own",
      slotSeconds,
    );
  const starts = new Map<LoadBlock, number>();
  let at = startAt;
  for (const block of blocks) {
    starts.set(block, at);
    const asked = concurrency === undefined ? secondsAsked(block) : 0;
    if (slotSeconds !== undefined && slotSeconds <= asked)
      throw new OptionError(
        "slotSeconds",
        `must be above ${asked}, the seconds in which the requests of a block come, and leave time for the last answers`,
        slotSeconds,
      );
    at += 1_000 * (slotSeconds ?? asked + PAUSE_SECONDS);
  }
  return { shard, startOf: (block) => starts.get(block)! };
}

/** A part's share of one block. */
export interface BlockPart {
  readonly shard: Shard;
  /** When all parts begin the block, in milliseconds since 1970. */
  readonly startsAtMs: number;
  /** The server's clock against this machine's; null where it does not tell. */
  readonly clock: ClockOffset | null;
  /** Whether this part sends the request at a place of the block's plan. */
  isOwn(index: number): boolean;
  /** Whether the request at a place reaches this part's server, whoever sends it. */
  reaches(index: number): boolean;
  /** Whether it is too late to begin the block now. */
  isTooLate(): boolean;
}

/**
 * A part's share of a block.
 *
 * @param chance the block's own, the same in all parts.
 */
export function blockPart(
  { shard, startOf }: LoadParts,
  block: LoadBlock,
  arrivals: "constant" | "poisson" | "gamma",
  chance: Random,
  clock: ClockOffset | null,
): BlockPart {
  const owners = ownersOf(block, arrivals, shard.count, chance);
  const isOwn = (index: number) => owners[index] === shard.index;
  const startsAtMs = startOf(block);
  return {
    ...{ shard, startsAtMs, clock, isOwn },
    reaches: shard.ownServers === true ? isOwn : () => true,
    isTooLate: () => Date.now() > startsAtMs + 1_000 * latestSeconds(block),
  };
}

/** A part that is ready this long after a block began leaves it out: this share of the block's time, but at least so many seconds. */
const LATEST = { share: 0.05, seconds: 0.25 };

/** Until how many seconds after its start a part may still begin a block. */
export const latestSeconds = (block: LoadBlock): number =>
  Math.max(LATEST.seconds, block.concurrency === null ? LATEST.share * secondsAsked(block) : 0);

/**
 * Which part sends each request of a block, by the requests' places in the plan of the whole.
 *
 * All parts together send exactly the plan's requests at its times. Requests of a rate are dealt out at random: each part's share of a
 * Poisson process is then a Poisson process of its own, independent of the others', so that their sum is one however much the
 * parts' clocks differ; dealt in turn, parts with different clocks would come more evenly than the stated process. Constant
 * arrivals are dealt in turn, so that each part's are constant too. In a closed loop the places are dealt in turn, and with each place
 * its requests.
 *
 * @param chance the block's own, the same in all parts.
 * @example ownersOf(block, 2, random(1)) // [0, 1, 1, 0, …]
 */
export function ownersOf(
  { concurrency, sizes }: LoadBlock,
  arrivals: "constant" | "poisson" | "gamma",
  parts: number,
  chance: Random,
): readonly number[] {
  const requests = sizes.rampUp + sizes.measured + sizes.rampDown;
  const draw = chance.fork("parts");
  return Array.from({ length: requests }, (_, index) => {
    if (concurrency !== null) return (index % concurrency) % parts;
    return arrivals === "constant" ? index % parts : draw.int(parts);
  });
}

/** How many of a closed loop's places a part keeps under way; the first parts have one more where they don't divide. */
export const placesOf = (concurrency: number, { index, count }: Shard): number =>
  Math.floor((concurrency + count - 1 - index) / count);
