import type { ProxyRecord } from "../../domain/records/record-kinds.js";
import { compareProxies } from "../proxy/measures/proxy-comparison.js";
import { comparisonName } from "../proxy/proxy-table-frame.js";
import { endOf, estimated, failures, timeIn, valueIn } from "./gate-values.js";
import { type GateSubject, statisticOf } from "./judge-gates.js";

/** The rows of a proxy table for gates: each proxy under each load. Times are those through the proxy. */
export function proxySubjects(rows: readonly ProxyRecord[]): GateSubject[] {
  return compareProxies(rows).map((comparison): GateSubject => {
    const { direct, proxied, overhead, ttftOverhead, throughput, client } = comparison;
    const failed = direct.failed + proxied.failed;
    const numbers = {
      ...failures(failed, failed + direct.ok.length + proxied.ok.length),
      overhead: estimated(overhead.median),
      overhead_high: endOf(overhead.median, "high"),
      ...(comparison.load.mode === "stream" ? { ttft_overhead: estimated(ttftOverhead.median) } : {}),
      requests_per_second: throughput.proxied ?? { missing: "the log does not say how long its blocks took" },
      client_limited: client.limited,
    };
    return {
      name: comparisonName(comparison),
      valueOf: (metric) =>
        valueIn(metric, numbers, (asked) => {
          const { time, statistic } = asked;
          const none = "no good request through the proxy was measured";
          if (time === "e2e") return statisticOf(proxied.latencies, statistic, none);
          // Whole answers have no first token.
          if (comparison.load.mode === "chat") return undefined;
          return time === "ttft"
            ? statisticOf(proxied.ttfts, statistic, none)
            : timeIn(proxied.ok.map(asTimed), asked, "content", none);
        }),
    };
  });
}

const asTimed = (row: ProxyRecord) => ({ ...row, first_reasoning_seconds: null });
