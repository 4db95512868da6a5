import { formatCount, formatNumber } from "../../../tables/format.js";

/** One concurrency of a sweep. */
export interface SweepPoint {
  readonly concurrency: number;
  readonly requestsPerSecond: number;
  /** The median latency. */
  readonly latencySeconds: number;
}

/** The concurrency beyond which additional requests only wait, or why a sweep shows none. */
export type Knee = { readonly concurrency: number } | { readonly concurrency: null; readonly reason: string };

/** Growth of the throughput that still counts. */
const GROWTH = 1.1;

/**
 * The knee of a concurrency sweep: the smallest concurrency c such that at every higher one the throughput is less than 10 %
 * above that at c, and the median latency is above that at c.
 *
 * The sweep must continue to at least 2·c: by then a target that can take more shows it, while a step from 10 to 11 could not
 * show 10 % of growth anyway.
 *
 * @example
 * kneeOf([[1, 100, 0.01], [2, 190, 0.0105], [4, 200, 0.02], [8, 202, 0.04]].map(…)) // { concurrency: 2 }
 */
export function kneeOf(sweep: readonly SweepPoint[]): Knee {
  const points = [...sweep].sort((a, b) => a.concurrency - b.concurrency);
  if (points.length < 3) {
    return none(
      `a knee needs at least 3 concurrencies, and there ${points.length === 1 ? "is" : "are"} only ${points.length}`,
    );
  }
  const highest = points.at(-1)!.concurrency;
  const level = points.filter(({ requestsPerSecond }, index) =>
    points.slice(index + 1).every((later) => later.requestsPerSecond < GROWTH * requestsPerSecond),
  );
  const shown = level.filter(({ concurrency }) => highest >= 2 * concurrency);
  const knee = shown.find(({ concurrency, latencySeconds }) =>
    points.every((later) => later.concurrency <= concurrency || later.latencySeconds > latencySeconds),
  );
  if (knee !== undefined) return { concurrency: knee.concurrency };
  if (shown.length > 0) {
    return none(
      `from ${formatCount(shown[0]!.concurrency)} on the throughput levels off, but the latency does not grow`,
    );
  }
  const last = points.findLast(({ concurrency }) => highest >= 2 * concurrency);
  const growth = last === undefined ? 0 : points.at(-1)!.requestsPerSecond / last.requestsPerSecond - 1;
  return none(
    growth >= GROWTH - 1
      ? `the throughput still grows up to ${formatCount(highest)}, by ${formatNumber(growth * 100)} % at the end`
      : `the sweep ends before twice the concurrency at which the throughput levels off`,
  );
}

const none = (reason: string): Knee => ({ concurrency: null, reason });
