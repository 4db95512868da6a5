import { formatCount, formatInterval, formatNumber } from "../../tables/format.js";
import { loadName } from "./measures/proxy-load.js";
import type { ProxyTableRow } from "./proxy-row.js";
import type { StreamingTableRow } from "./streaming-table.js";

/** The facts about a proxy's overhead that a sentence uses; times in seconds. */
interface Added {
  readonly estimate: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly reason: string | null;
  readonly pairs: number;
}

/**
 * Says in a sentence or two for each row of a proxy table what the proxy adds and takes, and how sure that is.
 *
 * @param rows the data of a proxy table: `proxy.table(…).rows`.
 * @example
 * proxy.verdicts(proxy.table(rows).rows)[0]
 * // "litellm, chat × 100: adds 4.10 ms [3.80, 4.50] to a request (median of 480 pairs, 95 % CI). It passes 33.6 % of …"
 */
export function proxyVerdicts(rows: readonly ProxyTableRow[]): string[] {
  return rows.map((row) => {
    const added = addedSentence(
      {
        estimate: row.overhead_seconds,
        low: row.overhead_low_seconds,
        high: row.overhead_high_seconds,
        reason: row.overhead_reason,
        pairs: row.pairs,
      },
      row.mode === "stream" ? "a whole stream" : "a request",
    );
    return [
      `${row.label}, ${loadName(row)}: ${added}`,
      ...throughputSentence(row),
      ...failureSentence(row),
      ...clientSentence(row),
    ].join(" ");
  });
}

/**
 * Says in a sentence or two for each row of a streaming table what the proxy adds to the TTFT, and whether it passes chunks
 * as they are sent.
 *
 * @param rows the data of a streaming table: `proxy.streaming.table(…).rows`.
 * @example
 * proxy.streaming.verdicts(proxy.streaming.table(rows).rows)[0]
 * // "litellm, stream × 20: adds … to the TTFT …. It passes chunks as they are sent."
 */
export function streamingVerdicts(rows: readonly StreamingTableRow[]): string[] {
  return rows.map((row) => {
    const added = addedSentence(
      {
        estimate: row.ttft_overhead_seconds,
        low: row.ttft_overhead_low_seconds,
        high: row.ttft_overhead_high_seconds,
        reason: row.ttft_overhead_reason,
        pairs: row.pairs,
      },
      "the TTFT",
    );
    return `${row.label}, ${loadName({ ...row, mode: "stream" })}: ${added} ${fidelitySentence(row)}`;
  });
}

function addedSentence({ estimate, low, high, reason, pairs }: Added, to: string): string {
  if (estimate === null) return `what it adds to ${to} is not known: ${reason}.`;
  const behind = `(median of ${formatCount(pairs)} pairs`;
  if (low === null || high === null) {
    return `adds ${milliseconds(estimate)} ms to ${to} ${behind}), without an interval: ${reason}.`;
  }
  const interval = (sign: 1 | -1): string => {
    const bounds = [low, high].map((value) => value * 1000 * sign).sort((a, b) => a - b);
    return formatInterval({ estimate: estimate * 1000 * sign, low: bounds[0]!, high: bounds[1]! }).replace(
      " ",
      " ms ",
    );
  };
  if (low > 0) return `adds ${interval(1)} to ${to} ${behind}, 95 % CI).`;
  if (high < 0)
    return `takes ${interval(-1)} off ${to} ${behind}, 95 % CI): it may not forward every request, for example because it answers from a cache.`;
  return `what it adds to ${to} is not distinguishable from zero: ${interval(1)} ${behind}, 95 % CI).`;
}

function throughputSentence(row: ProxyTableRow): string[] {
  const { throughput_ratio: ratio, throughput_ratio_low: low, throughput_ratio_high: high } = row;
  // Open-loop arrivals set the throughput themselves.
  if (ratio === null || row.rate_per_second !== null) return [];
  const interval =
    low === null || high === null ? "" : ` [${formatNumber(low * 100)}, ${formatNumber(high * 100)}]`;
  return [`Throughput through it: ${formatNumber(ratio * 100)} %${interval} of the direct requests/s.`];
}

function failureSentence(row: ProxyTableRow): string[] {
  if (row.direct_failed_n + row.proxied_failed_n === 0) return [];
  const share = (failed: number, good: number): string =>
    `${formatCount(failed)} of ${formatCount(failed + good)}`;
  return [
    `Failed: ${share(row.proxied_failed_n, row.proxied_n)} through it, ${share(row.direct_failed_n, row.direct_n)} direct.`,
  ];
}

function clientSentence({ client_limited_loads: limited, loads }: ProxyTableRow): string[] {
  return limited === 0 ? [] : [`In ${limited} of ${loads} loads the client itself may have been the limit.`];
}

function fidelitySentence({ fidelity, fidelity_reason, ...row }: StreamingTableRow): string {
  const together = `${formatNumber((row.proxied_coalesced_share ?? 0) * 100)} % of the chunks came together with the one before`;
  const atStart = `${formatNumber((row.proxied_coalesced_at_start_share ?? 0) * 100)} % of the chunks came together right after the first`;
  switch (fidelity) {
    case null:
      return `Whether it passes chunks as they are sent is not known: ${fidelity_reason}.`;
    case "as sent":
      return "It passes chunks as they are sent.";
    case "late start":
      return `It begins late, and ${atStart}; from then on it passes them as they are sent.`;
    case "holds some":
      return `It holds some chunks: ${together}.`;
    case "holds":
      return `It holds chunks and releases them together: ${together}.`;
    case "holds or late":
      return `It does not stream: ${atStart}. It either holds chunks or begins only when the stream is over; a longer stream would tell which.`;
  }
}

const milliseconds = (seconds: number): string => formatNumber(seconds * 1000);
