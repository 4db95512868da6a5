import { printableJson } from "../../domain/json.js";
import type { ProxyRecord } from "../../domain/records/record-kinds.js";
import type { AnswerMode, ProxyTarget } from "../../domain/records/words.js";
import { latencyOf, ttftOf } from "./measures/proxy-target.js";
import { type OriginalStatistics, originalStatistics } from "./original-statistics.js";

/** One run of the suite, as LiteLLM's benchmark script has it. */
export interface OriginalRun {
  readonly direct: OriginalStatistics;
  readonly proxy: OriginalStatistics;
  readonly stream: OriginalStatistics;
  /** Of the same streams, read to their end; null if not asked for. */
  readonly streamFull: OriginalStatistics | null;
}

/** What identifies a summary. */
export interface SummaryOptions {
  readonly label: string;
  readonly revision: string;
}

/**
 * The runs in the rows of one proxy, repeat by repeat. If several loads were measured, they report the first one of each
 * mode.
 */
export function originalRuns(
  rows: readonly ProxyRecord[],
  measureFullStream: boolean,
): readonly OriginalRun[] {
  const repeats = new Set(rows.map(({ repeat }) => repeat));
  const [chats, streams] = [firstLoad(rows, "chat"), firstLoad(rows, "stream")];
  return [...repeats].map((repeat) => {
    const of = (load: readonly ProxyRecord[], target: ProxyTarget) =>
      load.filter((row) => row.repeat === repeat && row.target === target);
    const proxied = of(streams, "proxied");
    return {
      direct: originalStatistics(of(chats, "direct"), latencyOf),
      proxy: originalStatistics(of(chats, "proxied"), latencyOf),
      stream: originalStatistics(proxied, ttftOf),
      streamFull: measureFullStream ? originalStatistics(proxied, latencyOf) : null,
    };
  });
}

/** The script's "median run": the one in the middle by its proxied p50, the upper one of two. */
export function medianRun(runs: readonly OriginalRun[]): OriginalRun {
  const last = Number.POSITIVE_INFINITY;
  const sorted = [...runs].sort((a, b) => (a.proxy.p50_ms ?? last) - (b.proxy.p50_ms ?? last));
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** The script's lines about each of several runs; none if there is only one. */
export function runLines(runs: readonly OriginalRun[]): string {
  if (runs.length < 2) return "";
  return runs
    .map(
      ({ proxy, stream, streamFull }, index) =>
        `\n--- Run ${index + 1}/${runs.length} ---\n` +
        `  run ${index + 1}: non-stream p50=${fixed(proxy.p50_ms)}ms rps=${fixed(proxy.rps)} | ` +
        `TTFT p50=${fixed(stream.p50_ms)}ms full RPS=${fixed(streamFull?.rps)}\n`,
    )
    .join("");
}

/** The script's summary and its Markdown row, to the letter; `n/a` for what was not measured. */
export function summaryLines(run: OriginalRun, { label, revision }: SummaryOptions): string {
  const { direct, proxy, stream, streamFull } = run;
  const overhead = clientOverhead(run);
  const row = [
    label.replaceAll("|", "\\|"),
    revision,
    fixed(stream.p50_ms),
    fixed(stream.p95_ms),
    fixed(proxy.rps),
    fixed(overhead.p50_ms),
    fixed(overhead.p95_ms),
    fixed(proxy.overhead_header_p50_ms),
    fixed(streamFull?.p50_ms),
    fixed(streamFull?.rps),
  ];
  return [
    "",
    "=== Benchmark summary ===",
    `Label: ${label}`,
    `Revision: ${revision}`,
    `Direct provider non-stream p50: ${fixed(direct.p50_ms)} ms`,
    `Proxy non-stream p50: ${fixed(proxy.p50_ms)} ms`,
    `Proxy non-stream p95: ${fixed(proxy.p95_ms)} ms`,
    `Proxy non-stream RPS: ${fixed(proxy.rps)}`,
    `Client-observed overhead p50: ${fixed(overhead.p50_ms)} ms`,
    `Client-observed overhead p95: ${fixed(overhead.p95_ms)} ms`,
    `x-litellm-overhead-duration-ms p50: ${fixed(proxy.overhead_header_p50_ms)} ms`,
    `Streaming TTFT p50: ${fixed(stream.p50_ms)} ms`,
    `Streaming TTFT p95: ${fixed(stream.p95_ms)} ms`,
    `Streaming TTFT RPS: ${fixed(stream.rps)}`,
    ...(streamFull === null
      ? []
      : [
          `Streaming full response p50: ${fixed(streamFull.p50_ms)} ms`,
          `Streaming full response p95: ${fixed(streamFull.p95_ms)} ms`,
          `Streaming full response RPS: ${fixed(streamFull.rps)}`,
        ]),
    "",
    "Markdown row:",
    `| ${row.join(" | ")} |`,
    "",
  ].join("\n");
}

/**
 * The script's JSON, keys sorted, with more under additional keys; null where the script would print 0 for something not
 * measured.
 */
export function summaryJson(
  run: OriginalRun,
  { label, revision }: SummaryOptions,
  more: Readonly<Record<string, unknown>>,
): string {
  const overhead = clientOverhead(run);
  const page = {
    label,
    revision,
    direct_non_streaming: run.direct,
    proxy_non_streaming: run.proxy,
    proxy_streaming_ttft: run.stream,
    proxy_streaming_full: run.streamFull,
    client_observed_overhead_p50_ms: overhead.p50_ms,
    client_observed_overhead_p95_ms: overhead.p95_ms,
    ...more,
  };
  return `${printableJson(JSON.stringify(page, (_, value: unknown) => (isPlain(value) ? withSortedKeys(value) : value), 2))}\n`;
}

const isPlain = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function withSortedKeys(value: object): object {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Differences of two percentiles, as in the script; they have no pairs and no interval. */
function clientOverhead({ direct, proxy }: OriginalRun) {
  const minus = (a: number | null, b: number | null) => (a === null || b === null ? null : a - b);
  return { p50_ms: minus(proxy.p50_ms, direct.p50_ms), p95_ms: minus(proxy.p95_ms, direct.p95_ms) };
}

function firstLoad(rows: readonly ProxyRecord[], mode: AnswerMode): readonly ProxyRecord[] {
  const first = rows.find((row) => row.mode === mode);
  return rows.filter(
    (row) =>
      row.mode === mode &&
      row.concurrency === first?.concurrency &&
      row.rate_per_second === first.rate_per_second,
  );
}

function fixed(value: number | null | undefined): string {
  return value === null || value === undefined ? "n/a" : value.toFixed(2);
}
