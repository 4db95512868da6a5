import { blocksOf, levelsOf } from "../../src/experiments/load/levels.js";
import { ownersOf, partsOf } from "../../src/experiments/load/load-parts.js";
import { cellsOfShard } from "../../src/experiments/run-plan.js";
import { trialsOf } from "../../src/experiments/ttft/cold-and-warm.js";
import { random } from "../../src/stats/random.js";
import { unique } from "../../src/workloads/unique.js";

/** Measured by `node bench/scale.mjs` on two cores of an Intel Xeon; CPU seconds and bytes. */
export const MEASURED = {
  planPerRequest: 0.5e-6,
  promptOfOwn: 2.4e-3,
  promptOfOthers: 7.0e-6,
  mergePerRow: 13.9e-6,
  mergePerPart: 0.78e-3,
  bytesOfLoadRow: 2_120,
  bytesOfSweepRow: 860,
} as const;

/** What a plan gives its parts to do. */
export interface Shares {
  readonly title: string;
  /** Cells or blocks in all. */
  readonly cells: number;
  readonly rows: number;
  readonly rowBytes: number;
  /** The rows of each part. */
  readonly rowsOf: readonly number[];
  /** From the first block's start to the last one's end; null where parts don't wait for each other. */
  readonly seconds: number | null;
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** A sweep: every part takes every n-th trial, which has two rows. */
export function sweepShares(parts: number, lengths: number, runs: number): Shares {
  const cells = range(lengths).map((place) => ({
    ...{ context_target: 1_000 * (place + 1), prompt: "Summarize this text", prompt_kind: null },
  }));
  const trials = trialsOf(cells, runs, random(1));
  return {
    title: `sweep: ${lengths} lengths × ${runs.toLocaleString("en-US")} runs`,
    ...{ cells: trials.length, rows: 2 * trials.length, rowBytes: MEASURED.bytesOfSweepRow, seconds: null },
    rowsOf: range(parts).map((index) => 2 * cellsOfShard(trials, { index, count: parts }).length),
  };
}

/** A load: every part sends some requests of every block. */
export function loadShares(
  parts: number,
  asked: { readonly ratesPerSecond: readonly number[] } | { readonly concurrency: readonly number[] },
  requests: number,
  slotSeconds?: number,
): Shares {
  const seed = random(1);
  const plan = { labels: ["A", "B"], levels: levelsOf(asked), repeats: 1, requestsAt: () => requests };
  const blocks = blocksOf(plan, seed.fork("blocks"));
  const rowsOf = new Array<number>(parts).fill(0);
  for (const block of blocks) {
    const chance = seed.fork(`${block.repeat} ${block.level} ${block.block}`);
    for (const owner of ownersOf(block, "poisson", parts, chance)) rowsOf[owner]! += 1;
  }
  const shard = { index: 0, count: parts };
  const workload = unique({ promptTokens: 2_000 });
  const times = partsOf({ shard, startAt: 0, slotSeconds, workload, ...asked }, blocks)!;
  const [last, before] = [blocks.at(-1)!, blocks.at(-2)!];
  // Blocks of one level have one length, but for a request.
  const slot = slotSeconds ?? (times.startOf(last) - times.startOf(before)) / 1_000;
  const level =
    "concurrency" in asked
      ? `${asked.concurrency} under way`
      : `${asked.ratesPerSecond.join(", ")} requests/s`;
  return {
    title: `load: ${level}, ${requests.toLocaleString("en-US")} requests of 2 methods`,
    ...{ cells: blocks.length, rows: rowsOf.reduce((sum, own) => sum + own, 0), rowsOf },
    ...{ rowBytes: MEASURED.bytesOfLoadRow, seconds: times.startOf(last) / 1_000 + slot },
  };
}

const PARTS = 1_000;
const number = (value: number) => value.toLocaleString("en-US", { maximumSignificantDigits: 3 });
const bytes = (value: number) => (value >= 1e6 ? `${number(value / 1e6)} MB` : `${number(value / 1e3)} kB`);
const seconds = (value: number) => (value >= 120 ? `${number(value / 60)} min` : `${number(value)} s`);

/** The table of docs/scale.md: plans for 1,000 parts, who does what, and what merging them costs. */
export function scaleTable(): string {
  const all = [
    sweepShares(PARTS, 8, 2_000),
    loadShares(PARTS, { ratesPerSecond: [2_000] }, 120_000),
    loadShares(PARTS, { concurrency: [1_000] }, 120_000, 90),
    loadShares(PARTS, { concurrency: [64] }, 12_000, 90),
  ];
  const lines = all.map((shares) => {
    const { title, cells, rows, rowBytes, rowsOf } = shares;
    const busy = rowsOf.filter((own) => own > 0);
    const [fewest, most] = [Math.min(...busy), Math.max(...busy)];
    const idle = rowsOf.length - busy.length;
    const isLoad = shares.seconds !== null;
    const making = isLoad
      ? seconds(rows * (MEASURED.planPerRequest + MEASURED.promptOfOthers) + most * MEASURED.promptOfOwn)
      : "—";
    const merging = rows * MEASURED.mergePerRow + busy.length * MEASURED.mergePerPart;
    return [
      ...[title, number(cells), `${fewest}–${most}${idle === 0 ? "" : `; ${idle} have none`}`],
      ...[bytes(most * rowBytes), making, shares.seconds === null ? "—" : seconds(shares.seconds)],
      ...[`${number(rows)}, ${bytes(rows * rowBytes)}`, seconds(merging)],
    ];
  });
  const head = [
    "plan",
    "cells",
    "rows of a part",
    "leave it at most",
    "making its requests",
    "the run takes",
    "rows in all",
    "merging",
  ];
  return [head, head.map(() => "---"), ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n");
}
