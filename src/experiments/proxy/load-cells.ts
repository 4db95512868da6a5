import type { AnswerMode, ProxyTarget } from "../../domain/records/words.js";
import type { Random } from "../../stats/random.js";
import { blockSizes } from "../block-sizes.js";
import type { CheckedProxyOptions } from "./proxy-options.js";

/** How hard a target is driven: a number of requests in flight, or a number started per second. */
export type LoadLevel =
  | { readonly concurrency: number; readonly rate_per_second: null }
  | { readonly concurrency: null; readonly rate_per_second: number };

/** One comparison: the same load on the provider and on each proxy, block by block. */
export type Cell = LoadLevel & {
  readonly repeat: number;
  readonly mode: AnswerMode;
  readonly warmUps: number;
  /** Requests of each block. */
  readonly sizes: readonly number[];
};

/** The two blocks of a cell that are compared with each other. */
export type BlockPair = LoadLevel & {
  readonly label: string;
  readonly repeat: number;
  readonly mode: AnswerMode;
  /** From 1. */
  readonly block: number;
  readonly requests: number;
  /** Which of the two is measured first. */
  readonly order: readonly ProxyTarget[];
};

/** What a run measures, in order: repeat by repeat, whole answers before streams, load by load. */
export function cellsOf(options: CheckedProxyOptions): readonly Cell[] {
  const { requests, streamRequests, warmUps, streamWarmUps, repeats } = options;
  const chats = levelsOf(options, options.concurrency ?? 100).map((level) => ({
    ...{
      mode: "chat" as const,
      warmUps,
      sizes: blockSizes(requests, options.blocks ?? blocksFor(requests, level)),
    },
    ...level,
  }));
  const streams = levelsOf(options, options.streamConcurrency ?? 20).map((level) => ({
    ...{ mode: "stream" as const, warmUps: streamWarmUps },
    sizes: blockSizes(streamRequests, options.blocks ?? blocksFor(streamRequests, level)),
    ...level,
  }));
  return Array.from({ length: repeats }, (_, index) =>
    [...chats, ...streams].map((cell) => ({ repeat: index + 1, ...cell })),
  ).flat();
}

/** A cell's pairs in the order they are measured in: block by block, each with the proxies in random order. */
export function pairsOf(cell: Cell, labels: readonly string[], random: Random): readonly BlockPair[] {
  const { sizes, warmUps, ...place } = cell;
  return sizes.flatMap((requests, index) => {
    const block = index + 1;
    const draw = random.fork(
      `${cell.repeat} ${cell.mode} ${cell.concurrency} ${cell.rate_per_second} ${block}`,
    );
    return draw.shuffle(labels).map((label) => ({
      ...place,
      ...{ label, block, requests },
      order: draw.fork(label).shuffle(["direct", "proxied"] as const),
    }));
  });
}

function levelsOf(
  { ratePerSecond }: CheckedProxyOptions,
  concurrency: number | readonly number[],
): readonly LoadLevel[] {
  if (ratePerSecond === undefined) {
    return [concurrency].flat().map((level) => ({ concurrency: level, rate_per_second: null }));
  }
  return [ratePerSecond].flat().map((rate) => ({ concurrency: null, rate_per_second: rate }));
}

/** More blocks give a better interval, but each costs two rounds of the loop; fewer than six give no interval. */
function blocksFor(requests: number, { concurrency, rate_per_second }: LoadLevel): number {
  return requests >= 10 * (concurrency ?? rate_per_second) ? 10 : 6;
}
