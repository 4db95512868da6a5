import type { ProxyRecord } from "../../domain/records/record-kinds.js";
import type { AnswerMode } from "../../domain/records/words.js";
import type { Estimate } from "../../stats/interval.js";
import { median } from "../../stats/quantile.js";
import { random } from "../../stats/random.js";
import { formatNumber, formatSeconds, timeUnit } from "../../tables/format.js";
import { boundsOf, estimateCell, quantilesCell, secondsAt, secondsCell } from "../../tables/number-cells.js";
import { Table } from "../../tables/table.js";
import { type Cell, type Column, missing } from "../../tables/table-parts.js";
import { counterpartOf, seriesNamed } from "../counterpart.js";
import { compareProxies, type ProxyComparison } from "./measures/proxy-comparison.js";
import { loadKey } from "./measures/proxy-load.js";
import { overheadDifference } from "./measures/proxy-overhead.js";
import { type CountedFrom, countedFrom } from "./measures/proxy-target.js";
import { clientNotes, LEAD_COLUMNS, leadCells, pairNotes } from "./proxy-table-frame.js";

/** How a proxy table is made. */
export interface ProxyTableOptions<L extends string = string> {
  /** The label of the proxy that the others' overhead is compared with; default none. */
  readonly baseline?: L;
}

/** One row of a proxy table's data: one proxy under one load. Times in seconds. */
export interface ProxyTableRow {
  /** With what tells it apart, where one label holds several models or providers. */
  readonly label: string;
  readonly model: string | null;
  readonly mode: AnswerMode;
  readonly concurrency: number | null;
  readonly rate_per_second: number | null;
  readonly direct_n: number;
  readonly proxied_n: number;
  readonly direct_failed_n: number;
  readonly proxied_failed_n: number;
  /** What latencies and overheads count from: the intended start with open-loop arrivals. */
  readonly counted_from: CountedFrom;
  readonly direct_latency_p50_seconds: number | null;
  readonly direct_latency_p95_seconds: number | null;
  readonly direct_latency_p99_seconds: number | null;
  readonly proxied_latency_p50_seconds: number | null;
  readonly proxied_latency_p95_seconds: number | null;
  readonly proxied_latency_p99_seconds: number | null;
  readonly blocks: number;
  readonly pairs: number;
  readonly failed_pairs: number;
  /** The median of the paired differences, proxied minus direct. */
  readonly overhead_seconds: number | null;
  readonly overhead_low_seconds: number | null;
  readonly overhead_high_seconds: number | null;
  /** Why the overhead, or its interval, is missing; null where neither is. */
  readonly overhead_reason: string | null;
  /** The mean of the paired differences. */
  readonly overhead_mean_seconds: number | null;
  readonly overhead_mean_low_seconds: number | null;
  readonly overhead_mean_high_seconds: number | null;
  /** The difference of the two medians, as LiteLLM's script has it; it has no pairs. */
  readonly overhead_of_medians_seconds: number | null;
  /** What the proxy itself says that it added, median. */
  readonly overhead_header_p50_seconds: number | null;
  /** The overhead minus that of the baseline under the same load. */
  readonly against_baseline_seconds: number | null;
  readonly against_baseline_low_seconds: number | null;
  readonly against_baseline_high_seconds: number | null;
  readonly direct_requests_per_second: number | null;
  readonly proxied_requests_per_second: number | null;
  readonly throughput_ratio: number | null;
  readonly throughput_ratio_low: number | null;
  readonly throughput_ratio_high: number | null;
  readonly direct_wait_p99_seconds: number | null;
  readonly proxied_wait_p99_seconds: number | null;
  /** Loads that the client itself may have slowed, of all. */
  readonly client_limited_loads: number;
  readonly loads: number;
}

/**
 * What a proxy adds and takes, by label and load: latency direct and proxied, the overhead as the median of paired
 * differences with its 95 % interval over blocks, what the proxy's own header says, and requests per second.
 *
 * Failed requests are excluded; footnotes count them by kind. A quantile of too few requests is missing.
 *
 * @param rows of `proxy.run` or `proxy.read`.
 * @throws OptionError for a baseline that is no label of the rows.
 * @example proxy.table(rows).rows[0].overhead_seconds // 0.0041
 */
export function proxyTable<R extends ProxyRecord>(
  rows: readonly R[],
  { baseline }: ProxyTableOptions<NonNullable<R["label"]>> = {},
): Table<ProxyTableRow> {
  const comparisons = compareProxies(rows);
  const againstOf = baseline === undefined ? () => null : againstBaseline(comparisons, baseline);
  const compared = comparisons.map((comparison) => ({ comparison, against: againstOf(comparison) }));
  const isOpen = comparisons.some(({ load }) => load.rate_per_second !== null);
  const unit = timeUnit(
    comparisons.flatMap(({ direct, proxied }) => [...direct.latencies, ...proxied.latencies]),
  );

  const columns: Column[] = [
    ...LEAD_COLUMNS,
    { header: "latency\np50", unit, align: "right" },
    { header: "latency\np95", unit, align: "right" },
    { header: "latency\np99", unit, align: "right" },
    { header: "overhead\n[95 % CI]", unit, align: "right" },
    ...(baseline === undefined
      ? []
      : [{ header: `overhead against\n${baseline} [95 % CI]`, unit, align: "right", widest: 24 } as const]),
    { header: "overhead by\nits header", unit, align: "right" },
    ...(isOpen ? [{ header: "wait\np99", unit, align: "right" } as const] : []),
    { header: "requests/s", align: "right" },
    { header: "ratio\n[95 % CI]", align: "right" },
  ];
  return new Table<ProxyTableRow>({
    columns,
    lines: compared.map(({ comparison, against }) => {
      const { direct, proxied, overhead, throughput } = comparison;
      const header = headerSeconds(comparison);
      return {
        cells: [
          ...leadCells(comparison),
          ...[0.5, 0.95, 0.99].map((p) => quantilesCell(direct.latencies, proxied.latencies, p, unit)),
          secondsCell(overhead.median, unit),
          ...(baseline === undefined ? [] : [againstCell(against, unit)]),
          header === null ? missing("no answer had such a header") : { text: formatSeconds(header, unit) },
          ...(isOpen ? [waitCell(comparison, unit)] : []),
          throughputCell(throughput),
          estimateCell(throughput.ratio),
        ],
        data: dataOf(comparison, header, against),
      };
    }),
    notes: [
      "a → b: direct → proxied. Overhead: the median of proxied minus direct, request by request in the same place of " +
        "blocks that followed each other; bootstrap over blocks.",
      ...(isOpen
        ? [
            "Loads of so many requests/s: latency and overhead count from the intended start, waiting included.",
          ]
        : []),
      ...pairNotes(comparisons.map(({ overhead }) => overhead)),
      ...clientNotes(comparisons),
    ],
  });
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

function againstCell(against: Estimate | null, unit: "ms" | "s"): Cell {
  return against === null ? { text: "baseline" } : secondsCell(against, unit);
}

function headerSeconds({ proxied }: ProxyComparison): number | null {
  const seconds = proxied.ok.flatMap(({ overhead_header_seconds }) => overhead_header_seconds ?? []);
  return seconds.length === 0 ? null : median(seconds);
}

function waitCell({ load, direct, proxied }: ProxyComparison, unit: "ms" | "s"): Cell {
  return countedFrom(load) === "start"
    ? { text: "" }
    : quantilesCell(direct.waits, proxied.waits, 0.99, unit);
}

function throughputCell({ direct, proxied }: ProxyComparison["throughput"]): Cell {
  if (direct === null && proxied === null) return missing("the log does not say how long its blocks took");
  const shown = [direct, proxied].map((rate) => (rate === null ? "—" : formatNumber(rate)));
  return { text: shown.join(" → ") };
}

function dataOf(
  { label, series, load, direct, proxied, overhead, throughput, client }: ProxyComparison,
  header: number | null,
  against: Estimate | null,
): ProxyTableRow {
  const medians = [secondsAt(direct.latencies, 0.5), secondsAt(proxied.latencies, 0.5)] as const;
  const isOpen = countedFrom(load) === "intended start";
  return {
    label,
    model: series.traits.get("model") ?? null,
    mode: load.mode,
    concurrency: load.concurrency,
    rate_per_second: load.rate_per_second,
    direct_n: direct.ok.length,
    proxied_n: proxied.ok.length,
    direct_failed_n: direct.failed,
    proxied_failed_n: proxied.failed,
    counted_from: countedFrom(load),
    direct_latency_p50_seconds: medians[0],
    direct_latency_p95_seconds: secondsAt(direct.latencies, 0.95),
    direct_latency_p99_seconds: secondsAt(direct.latencies, 0.99),
    proxied_latency_p50_seconds: medians[1],
    proxied_latency_p95_seconds: secondsAt(proxied.latencies, 0.95),
    proxied_latency_p99_seconds: secondsAt(proxied.latencies, 0.99),
    blocks: overhead.blocks,
    pairs: overhead.pairs,
    failed_pairs: overhead.failedPairs,
    overhead_seconds: overhead.median.estimate,
    overhead_low_seconds: boundsOf(overhead.median).low,
    overhead_high_seconds: boundsOf(overhead.median).high,
    overhead_reason: "reason" in overhead.median ? overhead.median.reason : null,
    overhead_mean_seconds: overhead.mean.estimate,
    overhead_mean_low_seconds: boundsOf(overhead.mean).low,
    overhead_mean_high_seconds: boundsOf(overhead.mean).high,
    overhead_of_medians_seconds: medians[0] === null || medians[1] === null ? null : medians[1] - medians[0],
    overhead_header_p50_seconds: header,
    against_baseline_seconds: against?.estimate ?? null,
    against_baseline_low_seconds: boundsOf(against).low,
    against_baseline_high_seconds: boundsOf(against).high,
    direct_requests_per_second: throughput.direct,
    proxied_requests_per_second: throughput.proxied,
    throughput_ratio: throughput.ratio.estimate,
    throughput_ratio_low: boundsOf(throughput.ratio).low,
    throughput_ratio_high: boundsOf(throughput.ratio).high,
    direct_wait_p99_seconds: isOpen ? secondsAt(direct.waits, 0.99) : null,
    proxied_wait_p99_seconds: isOpen ? secondsAt(proxied.waits, 0.99) : null,
    client_limited_loads: client.limited,
    loads: client.loads,
  };
}
