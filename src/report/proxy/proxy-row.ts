import { type CountedFrom, countedFrom } from "../../domain/records/counted-from.js";
import type { AnswerMode } from "../../domain/records/words.js";
import type { Estimate } from "../../stats/interval.js";
import { median } from "../../stats/quantile.js";
import { boundsOf, secondsAt } from "../../tables/number-cells.js";
import type { ProxyComparison } from "./measures/proxy-comparison.js";

/** One row of a proxy table's data: one proxy under one load. Times in seconds. */
export interface ProxyTableRow {
  /** Followed by what distinguishes it, if one label has several models or providers. */
  readonly label: string;
  readonly model: string | null;
  readonly mode: AnswerMode;
  readonly concurrency: number | null;
  readonly rate_per_second: number | null;
  readonly direct_n: number;
  readonly proxied_n: number;
  readonly direct_failed_n: number;
  readonly proxied_failed_n: number;
  /** From when latencies and overheads count: from the intended start in an open loop. */
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
  /** Why the overhead, or its interval, is missing; null if neither is. */
  readonly overhead_reason: string | null;
  /** The mean of the paired differences. */
  readonly overhead_mean_seconds: number | null;
  readonly overhead_mean_low_seconds: number | null;
  readonly overhead_mean_high_seconds: number | null;
  /** The difference of the two medians, as in LiteLLM's script, which has no pairs. */
  readonly overhead_of_medians_seconds: number | null;
  /** Median of what the proxy itself says it added. */
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
  /** Number of loads that the client itself may have slowed. */
  readonly client_limited_loads: number;
  readonly loads: number;
}

export function dataOf(
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

export function headerSeconds({ proxied }: ProxyComparison): number | null {
  const seconds = proxied.ok.flatMap(({ overhead_header_seconds }) => overhead_header_seconds ?? []);
  return seconds.length === 0 ? null : median(seconds);
}
