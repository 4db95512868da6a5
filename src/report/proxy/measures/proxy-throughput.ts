import type { ProxyRecord } from "../../../domain/records/record-kinds.js";
import { bootstrapBlocks } from "../../../stats/block-bootstrap.js";
import type { Estimate } from "../../../stats/interval.js";
import type { Random } from "../../../stats/random.js";
import type { ProxyBlock } from "./proxy-blocks.js";

/** Requests that ended well for each second of their blocks. */
export interface Throughput {
  readonly direct: number | null;
  readonly proxied: number | null;
  /** Proxied over direct, from the blocks that both have. */
  readonly ratio: Estimate;
}

interface Work {
  readonly good: number;
  readonly seconds: number;
}

/** The throughput of one proxy under one load; failed requests do no work, however quickly they fail. */
export function throughputOf(blocks: readonly ProxyBlock[], random: Random): Throughput {
  const works = blocks.map(({ direct, proxied }) => ({ direct: workOf(direct), proxied: workOf(proxied) }));
  const both = works
    .flatMap(({ direct, proxied }) => (direct === null || proxied === null ? [] : [{ direct, proxied }]))
    .sort((a, b) => a.proxied.seconds - b.proxied.seconds);
  return {
    direct: rateOf(works.flatMap(({ direct }) => direct ?? [])),
    proxied: rateOf(works.flatMap(({ proxied }) => proxied ?? [])),
    ratio: ratioOf(both, random),
  };
}

function workOf(rows: readonly ProxyRecord[]): Work | null {
  const seconds = rows.find(({ block_seconds }) => block_seconds !== null)?.block_seconds ?? null;
  if (seconds === null || seconds === 0) return null;
  return { good: rows.filter(({ outcome }) => outcome === "ok").length, seconds };
}

function rateOf(works: readonly Work[]): number | null {
  if (works.length === 0) return null;
  return sum(works, ({ good }) => good) / sum(works, ({ seconds }) => seconds);
}

function ratioOf(both: readonly { direct: Work; proxied: Work }[], random: Random): Estimate {
  if (both.length === 0) return { estimate: null, reason: "the log does not say how long its blocks took" };
  if (both.some(({ direct }) => direct.good === 0)) {
    return { estimate: null, reason: "a block has no good direct request" };
  }
  return bootstrapBlocks(
    [both.length],
    ([weights]) => {
      const of = (value: (block: (typeof both)[number]) => number): number =>
        sum(both, (block, index) => value(block) * weights![index]!);
      const proxied = of((block) => block.proxied.good) / of((block) => block.proxied.seconds);
      return proxied / (of((block) => block.direct.good) / of((block) => block.direct.seconds));
    },
    { random },
  );
}

function sum<T>(items: readonly T[], of: (item: T, index: number) => number): number {
  return items.reduce((total, item, index) => total + of(item, index), 0);
}
