import { countedFrom } from "../../domain/records/counted-from.js";
import type { ProxyRecord } from "../../domain/records/record-kinds.js";
import type { Estimate } from "../../stats/interval.js";
import { random } from "../../stats/random.js";
import { formatMs, formatNumber } from "../../tables/format.js";
import { estimateCell, quantileCell, secondsAt, secondsCell } from "../../tables/number-cells.js";
import { Table } from "../../tables/table.js";
import { type Cell, missing } from "../../tables/table-parts.js";
import { counterpartOf, seriesNamed } from "../counterpart.js";
import { checkedPercentiles } from "../percentiles.js";
import { TERMS_NOTE } from "../terms-note.js";
import { compareProxies, type ProxyComparison } from "./measures/proxy-comparison.js";
import { loadKey } from "./measures/proxy-load.js";
import { overheadDifference } from "./measures/proxy-overhead.js";
import { dataOf, headerSeconds, type ProxyTableRow } from "./proxy-row.js";
import { clientNotes, leadColumns, onBothSides, type ProxyColumn, pairNotes } from "./proxy-table-frame.js";

/** Options of a proxy table. */
export interface ProxyTableOptions<L extends string = string> {
  /** The label of the proxy that the others' overhead is compared with; default none. */
  readonly baseline?: L;
  /** The percentiles of the latency; default 50, 95, 99. */
  readonly percentiles?: readonly number[];
}

/**
 * What a proxy adds in latency and takes from throughput, by label and load: latency direct and proxied, the overhead as the
 * median of paired differences with its 95 % interval over blocks, what the proxy's own header says, and requests per second.
 *
 * Failed requests are excluded; footnotes count them by kind. With too few requests a quantile is missing.
 *
 * @param rows of `proxy.run` or `proxy.read`.
 * @throws OptionError for a baseline that is not a label of the rows, or an invalid percentile.
 * @example proxy.table(rows).rows[0].overhead_seconds // 0.0041
 */
export function proxyTable<R extends ProxyRecord>(
  rows: readonly R[],
  { baseline, percentiles = [50, 95, 99] }: ProxyTableOptions<NonNullable<R["label"]>> = {},
): Table<ProxyTableRow> {
  const shown = checkedPercentiles(percentiles);
  const comparisons = compareProxies(rows);
  const againstOf = baseline === undefined ? () => null : againstBaseline(comparisons, baseline);
  const compared = comparisons.map((comparison) => ({ comparison, against: againstOf(comparison) }));
  const isOpen = comparisons.some(({ load }) => load.rate_per_second !== null);

  const columns: ProxyColumn[] = [
    ...leadColumns(comparisons),
    ...shown.flatMap((p) =>
      onBothSides({ header: `latency\np${p}`, unit: "ms", align: "right" }, ({ latencies }) =>
        quantileCell(latencies, p / 100),
      ),
    ),
    {
      column: { header: "overhead\nmedian\n[95 % CI]", unit: "ms", align: "right" },
      cell: ({ overhead }) => secondsCell(overhead.median),
    },
    ...(baseline === undefined
      ? []
      : [
          {
            column: {
              header: `overhead against\n${baseline} [95 % CI]`,
              unit: "ms",
              align: "right",
              widest: 24,
            } as const,
            cell: (comparison: ProxyComparison) => againstCell(againstOf(comparison)),
          },
        ]),
    {
      column: { header: "overhead by\nits header\nmedian", unit: "ms", align: "right" },
      cell: headerCell,
    },
    ...(isOpen
      ? onBothSides(
          { header: "wait\np99", unit: "ms", align: "right" },
          ({ waits }, { load }): Cell =>
            countedFrom(load) === "start" ? { text: "" } : quantileCell(waits, 0.99),
        )
      : []),
    ...onBothSides({ header: "requests/s", align: "right" }, (_, { throughput }, side): Cell => {
      const rate = throughput[side];
      return rate === null
        ? missing("the log does not say how long its blocks took")
        : { text: formatNumber(rate) };
    }),
    {
      column: { header: "ratio\n[95 % CI]", align: "right" },
      cell: ({ throughput }) => estimateCell(throughput.ratio),
    },
  ];
  return new Table<ProxyTableRow>({
    columns: columns.map(({ column }) => column),
    lines: compared.map(({ comparison, against }) => ({
      cells: columns.map(({ cell }) => cell(comparison)),
      data: { ...dataOf(comparison, headerSeconds(comparison), against), ...latencies(comparison, shown) },
    })),
    notes: [
      "Overhead: the median of proxied minus direct, request by request, paired by their position in successive blocks; " +
        "95 % interval by bootstrap over blocks. Ratio: of requests/s, proxied over direct.",
      ...(isOpen
        ? [
            "Loads at a fixed rate (requests/s): latency and overhead count from the intended start, waiting included.",
          ]
        : []),
      ...pairNotes(comparisons.map(({ overhead }) => overhead)),
      ...clientNotes(comparisons),
      TERMS_NOTE.en,
    ],
  });
}

/** The percentiles of the latency by their keys, direct and proxied. */
function latencies({ direct, proxied }: ProxyComparison, percentiles: readonly number[]) {
  return Object.fromEntries(
    Object.entries({ direct, proxied }).flatMap(([side, requests]) =>
      percentiles.map((p) => [`${side}_latency_p${p}_seconds`, secondsAt(requests.latencies, p / 100)]),
    ),
  );
}

/** How much more each proxy adds than the baseline under the same load; null for the baseline itself. */
function againstBaseline(
  comparisons: readonly ProxyComparison[],
  asked: string,
): (comparison: ProxyComparison) => Estimate | null {
  const all = [...new Set(comparisons.map(({ series }) => series))];
  const named = seriesNamed(all, asked);
  return ({ series, load, overhead }) => {
    if (named.includes(series)) return null;
    const found = counterpartOf(series, named, all);
    if (found.series === null) return { estimate: null, reason: found.reason };
    const key = loadKey(load);
    const other = comparisons.find((one) => one.series === found.series && loadKey(one.load) === key);
    if (other === undefined) {
      return { estimate: null, reason: `${found.series.name} was not measured under this load` };
    }
    const source = random("proxy").fork(key).fork("against the baseline");
    return overheadDifference(overhead, other.overhead, source);
  };
}

function againstCell(against: Estimate | null): Cell {
  return against === null ? { text: "baseline" } : secondsCell(against);
}

function headerCell(comparison: ProxyComparison): Cell {
  const seconds = headerSeconds(comparison);
  return seconds === null ? missing("no answer had this header") : { text: formatMs(seconds) };
}
