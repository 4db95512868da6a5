import { type Ramp, requestsOfRamp } from "../../domain/records/ramp.js";
import type { Random } from "../../stats/random.js";
import { blockSizes } from "../block-sizes.js";

/** A ramp that is to be measured. */
export type MeasuredRamp = Ramp & { readonly seconds: number };

/** How hard a server is driven: so many requests under way, so many started a second, or at a rate that changes. */
export type LoadLevel =
  | { readonly concurrency: number; readonly rate_per_second: null; readonly ramp: null }
  | { readonly concurrency: null; readonly rate_per_second: number; readonly ramp: null }
  | { readonly concurrency: null; readonly rate_per_second: null; readonly ramp: MeasuredRamp };

/** A load on one label, at one level, between two pauses. */
export type LoadBlock = LoadLevel & {
  readonly label: string;
  readonly repeat: number;
  /** The place of its level in the list, from 1. */
  readonly level: number;
  /** From 1. */
  readonly block: number;
  readonly sizes: BlockSizes;
};

/** Requests of a block: those that count, and those around them, during which the load is not at its level. */
export interface BlockSizes {
  readonly rampUp: number;
  readonly measured: number;
  readonly rampDown: number;
}

/**
 * The blocks of a run in the order in which they are measured: repeat by repeat, level by level, and within a level block by
 * block, each time all labels in an order drawn from the seed, so that drift meets all of them.
 *
 * @param order forked by repeat, level and block, so that more of one changes nothing of the others.
 */
export function blocksOf(
  plan: {
    readonly labels: readonly string[];
    readonly levels: readonly LoadLevel[];
    readonly repeats: number;
    /** Of each label at a level, in all blocks together. */
    readonly requestsAt: (level: LoadLevel) => number;
    /** Default {@link blocksFor} the requests. */
    readonly blocks?: number | undefined;
  },
  order: Random,
): readonly LoadBlock[] {
  const { labels, levels, repeats, requestsAt, blocks } = plan;
  return upTo(repeats).flatMap((repeat) =>
    levels.flatMap((level, index) => {
      const requests = requestsAt(level);
      const most = level.ramp === null ? (blocks ?? blocksFor(requests)) : 1;
      return blockSizes(requests, most).flatMap((measured, inLevel) => {
        const place = { repeat, level: index + 1, block: inLevel + 1 };
        return order
          .fork(`${repeat} ${level.concurrency} ${level.rate_per_second} ${place.block}`)
          .shuffle(labels)
          .map((label) => ({ ...level, ...place, label, sizes: sizesOf(level, measured) }));
      });
    }),
  );
}

/** Fewer show nothing, however low the rate. */
const FEWEST_REQUESTS = 4;

/**
 * How many requests keep a rate up for so long, but at least four.
 *
 * @example requestsWithin(5, 2) // 10
 */
export const requestsWithin = (seconds: number, ratePerSecond: number): number =>
  Math.max(FEWEST_REQUESTS, Math.ceil(seconds * ratePerSecond));

/** How many requests a ramp has. */
export const requestsWithinRamp = (ramp: MeasuredRamp): number => requestsOfRamp(ramp, ramp.seconds);

/** The levels of rates or of concurrencies, in the order given, or the one of a ramp. */
export function levelsOf(
  asked:
    | { readonly ratesPerSecond: readonly number[] }
    | { readonly concurrency: readonly number[] }
    | { readonly ramp: MeasuredRamp },
): readonly LoadLevel[] {
  if ("ramp" in asked) return [{ concurrency: null, rate_per_second: null, ramp: asked.ramp }];
  return "ratesPerSecond" in asked
    ? asked.ratesPerSecond.map((rate) => ({ concurrency: null, rate_per_second: rate, ramp: null }))
    : asked.concurrency.map((places) => ({ concurrency: places, rate_per_second: null, ramp: null }));
}

/**
 * How many blocks the requests of a level are parted into: as many as leave 30 to each, which can tell whether a level was kept
 * (`stats/trend.ts`), from two, so that labels alternate, to six, which give an interval.
 *
 * @example blocksFor(100) // 3
 */
export const blocksFor = (requests: number): number => Math.max(2, Math.min(6, Math.floor(requests / 30)));

/**
 * What surrounds the measured requests of a block: in a closed loop one round of its places, while it fills and while it runs out; in
 * an open loop a fifth of the measured requests before them and a tenth behind, so that the last of them are answered under load as
 * well; of a ramp as many as come in a tenth of its time, at the rate it begins with and at that it ends with.
 */
export function sizesOf({ concurrency, ramp }: LoadLevel, measured: number): BlockSizes {
  if (concurrency !== null) return { rampUp: concurrency, measured, rampDown: concurrency };
  if (ramp !== null) {
    // One request more could take longer than the whole ramp: at 0.01 a second, 100 seconds.
    const within = (rate: number) => Math.floor((rate * ramp.seconds) / 10);
    return { rampUp: within(ramp.startPerSecond), measured, rampDown: within(ramp.endPerSecond) };
  }
  return { rampUp: Math.ceil(measured / 5), measured, rampDown: Math.ceil(measured / 10) };
}

/**
 * How long the requests of a block take to come, which a low rate makes long; in a closed loop, where they come as fast as they are
 * answered, how many there are.
 */
export function secondsAsked({ sizes, ...level }: LoadLevel & Pick<LoadBlock, "sizes">): number {
  const requests = sizes.rampUp + sizes.measured + sizes.rampDown;
  if (level.ramp !== null) return level.ramp.seconds;
  return level.rate_per_second === null ? requests : requests / level.rate_per_second;
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);
