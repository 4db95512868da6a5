import type { FirstToken } from "../../../domain/records/first-token.js";
import type { Objective } from "../../../domain/records/objectives.js";
import { loadSeconds, meets } from "../../../domain/times/load-seconds.js";
import { bootstrapBlocks, FEWEST_BLOCKS } from "../../../stats/block-bootstrap.js";
import type { Estimate } from "../../../stats/interval.js";
import type { Random } from "../../../stats/random.js";
import { wilsonInterval } from "../../../stats/wilson.js";
import type { LoadCell } from "./load-cell.js";
import type { LoadRow } from "./load-level.js";

/** The requests per second that met every objective. */
export interface Goodput {
  readonly perSecond: Estimate;
  /** How the interval was made: from whole blocks, or Wilson's for the share, which treats requests as independent. */
  readonly interval: "blocks" | "wilson" | null;
  /** The share of all requests that met them. */
  readonly share: number | null;
  /** Successful requests without a time that has an objective, which count as not met. */
  readonly unmeasured: number;
}

/**
 * Goodput by level: requests of the measured parts that met every objective, over the seconds of those parts. A request that
 * failed, was contradicted, or lacks a time with an objective has not met it.
 *
 * With 6 blocks or more these are resampled whole. With fewer, or if all requests or none were good, so that no resample
 * could differ, the interval is Wilson's for the share.
 */
export function goodputOf(
  cell: LoadCell,
  objectives: readonly Objective[],
  firstToken: FirstToken,
  random: Random,
): Goodput {
  const none = (reason: string): Goodput => ({
    perSecond: { estimate: null, reason },
    ...{ interval: null, share: null, unmeasured: 0 },
  });
  if (cell.unsettled !== null) return none(cell.unsettled);
  const ended = cell.counted.flat();
  // Where all that ended well is something else than its label says, its own goodput is unknown, not 0.
  if (ended.length === 0 && cell.excluded > 0) return none("no request that ended well counts");
  const lacking = ({ time }: Objective) => ended.every((row) => loadSeconds(row, time, firstToken) === null);
  const unknown = ended.length === 0 ? undefined : objectives.find(lacking);
  if (unknown !== undefined) return none(`no request has ${unknown.time}_seconds, which has an objective`);
  const met = (row: LoadRow) => meets(row, objectives, firstToken);
  const blocks = cell.blocks.map(({ rows, seconds }, index) => ({
    ...{ seconds, n: rows.length, good: cell.counted[index]!.filter(met).length },
  }));
  const known = blocks.flatMap(({ seconds, ...block }) =>
    seconds === null || seconds === 0 ? [] : [{ ...block, seconds }],
  );
  if (known.length < blocks.length || known.length === 0)
    return none("the log does not say how long its blocks took");
  const sum = (of: (block: (typeof known)[number]) => number) =>
    known.reduce((total, block) => total + of(block), 0);
  const [good, n, seconds] = [sum((one) => one.good), sum((one) => one.n), sum((one) => one.seconds)];
  const unmeasured = ended.filter((row) =>
    objectives.some(({ time }) => loadSeconds(row, time, firstToken) === null),
  ).length;
  if (known.length >= FEWEST_BLOCKS && good > 0 && good < n) {
    const ordered = [...known].sort((a, b) => a.seconds - b.seconds || a.good - b.good);
    const perSecond = bootstrapBlocks(
      [ordered.length],
      ([weights]) => {
        const weighted = (of: (block: (typeof known)[number]) => number) =>
          ordered.reduce((total, block, index) => total + of(block) * weights![index]!, 0);
        return weighted((one) => one.good) / weighted((one) => one.seconds);
      },
      { random },
    );
    return { perSecond, interval: "blocks", share: good / n, unmeasured };
  }
  const { low, high } = wilsonInterval(good, n);
  const sent = n / seconds;
  return {
    perSecond: { estimate: good / seconds, low: low * sent, high: high * sent },
    interval: "wilson",
    share: good / n,
    unmeasured,
  };
}
