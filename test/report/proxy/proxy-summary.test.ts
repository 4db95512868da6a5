import { describe, expect, it } from "vitest";
import type { ProxyRecord } from "../../../src/domain/records/record-kinds.js";
import { originalPercentile } from "../../../src/report/proxy/original-statistics.js";
import {
  medianRun,
  originalRuns,
  runLines,
  summaryJson,
  summaryLines,
} from "../../../src/report/proxy/proxy-summary.js";

const row = (fields: Partial<ProxyRecord>): ProxyRecord =>
  ({
    run_index: 1,
    target: "direct",
    mode: "chat",
    concurrency: 2,
    e2e_seconds: null,
    ttft_seconds: null,
    status: 200,
    outcome: "ok",
    failure: null,
    error: null,
    label: "v1",
    model: "m",
    rate_per_second: null,
    repeat: 1,
    block: 1,
    wait_seconds: 0.5,
    overhead_header_seconds: null,
    block_seconds: 0.1,
    ...fields,
  }) as ProxyRecord;

const chats = (
  target: "direct" | "proxied",
  latencies: readonly number[],
  fields: Partial<ProxyRecord> = {},
) => latencies.map((e2e_seconds, index) => row({ target, e2e_seconds, run_index: index + 1, ...fields }));

/** Two blocks of two requests each; the percentiles are those of LiteLLM's script: sorted[⌊n·pct/100⌋]. */
const rows: readonly ProxyRecord[] = [
  ...chats("direct", [0.001, 0.002]),
  ...chats("direct", [0.003, 0.004], { block: 2 }),
  ...chats("proxied", [0.011, 0.012], { overhead_header_seconds: 0.005 }),
  ...chats("proxied", [0.023, 0.024], { block: 2, overhead_header_seconds: 0.007, block_seconds: 0.3 }),
  row({
    target: "proxied",
    block: 2,
    run_index: 3,
    outcome: "timeout",
    error: "…",
    e2e_seconds: 30,
    block_seconds: 0.3,
  }),
  row({ target: "direct", mode: "stream", e2e_seconds: 0.9, ttft_seconds: 0.8 }),
  ...[0.1, 0.2, 0.3].map((ttft_seconds) =>
    row({
      target: "proxied",
      mode: "stream",
      ttft_seconds,
      e2e_seconds: ttft_seconds + 0.05,
      block_seconds: 0.5,
    }),
  ),
  // Another load of a sweep, in no line of the summary.
  ...chats("proxied", [9], { concurrency: 64 }),
];
const named = { label: "current", revision: "abc1234" };

describe("the lines of LiteLLM's benchmark script", () => {
  it("take percentiles as it does, not as anybody else", () => {
    expect([50, 95, 99].map((pct) => originalPercentile([4, 1, 3, 2], pct))).toEqual([3, 4, 4]);
    expect(originalPercentile([7], 99)).toBe(7);
    expect(originalPercentile([], 50)).toBeNull();
  });

  it("are the script's", () => {
    expect(summaryLines(medianRun(originalRuns(rows, true)), named)).toBe(`
=== Benchmark summary ===
Label: current
Revision: abc1234
Direct provider non-stream p50: 3.00 ms
Proxy non-stream p50: 23.00 ms
Proxy non-stream p95: 24.00 ms
Proxy non-stream RPS: 10.00
Client-observed overhead p50: 20.00 ms
Client-observed overhead p95: 20.00 ms
x-litellm-overhead-duration-ms p50: 7.00 ms
Streaming TTFT p50: 200.00 ms
Streaming TTFT p95: 300.00 ms
Streaming TTFT RPS: 6.00
Streaming full response p50: 250.00 ms
Streaming full response p95: 350.00 ms
Streaming full response RPS: 6.00

Markdown row:
| current | abc1234 | 200.00 | 300.00 | 10.00 | 20.00 | 20.00 | 7.00 | 250.00 | 6.00 |
`);
  });

  it("leave whole streams out where they are not asked for", () => {
    const lines = summaryLines(medianRun(originalRuns(rows, false)), named);
    expect(lines).not.toContain("full response");
    expect(lines).toContain("| 7.00 | n/a | n/a |");
  });

  it("say n/a, not 0, where no request was answered", () => {
    const failed = rows.map((each) => ({ ...each, outcome: "error", error: "…" }) as ProxyRecord);
    const lines = summaryLines(medianRun(originalRuns(failed, true)), named);
    expect(lines).toContain("Proxy non-stream p50: n/a ms");
    expect(lines).toContain("Proxy non-stream RPS: 0.00");
  });

  it("count from the intended start where requests arrive at a rate", () => {
    const open = rows.map((each) => ({ ...each, concurrency: null, rate_per_second: 5 }));
    expect(summaryLines(medianRun(originalRuns(open, true)), named)).toContain(
      "Streaming TTFT p50: 700.00 ms",
    );
  });

  it("tell of the run whose proxied p50 is in the middle, the upper of two", () => {
    const repeated = [0.03, 0.01, 0.02, 0.04].flatMap((latency, index) => [
      ...chats("direct", [0.001], { repeat: index + 1 }),
      ...chats("proxied", [latency], { repeat: index + 1 }),
    ]);
    const runs = originalRuns(repeated, true);
    expect(medianRun(runs).proxy.p50_ms).toBeCloseTo(30);
    expect(medianRun(runs.slice(0, 3)).proxy.p50_ms).toBeCloseTo(20);
    expect(runLines(runs.slice(0, 1))).toBe("");
    expect(runLines(runs.slice(0, 2))).toBe(
      "\n--- Run 1/2 ---\n  run 1: non-stream p50=30.00ms rps=10.00 | TTFT p50=n/ams full RPS=n/a\n" +
        "\n--- Run 2/2 ---\n  run 2: non-stream p50=10.00ms rps=10.00 | TTFT p50=n/ams full RPS=n/a\n",
    );
  });

  it("have the script's JSON beside them, sorted, and more under a key of its own", () => {
    const json = summaryJson(medianRun(originalRuns(rows, true)), named, {
      proxy_log_path: null,
      firsttoken: { z: 1, a: [{ y: 1, x: 2 }] },
    });
    const page = JSON.parse(json);
    expect(Object.keys(page)).toEqual([
      "client_observed_overhead_p50_ms",
      "client_observed_overhead_p95_ms",
      "direct_non_streaming",
      "firsttoken",
      "label",
      "proxy_log_path",
      "proxy_non_streaming",
      "proxy_streaming_full",
      "proxy_streaming_ttft",
      "revision",
    ]);
    expect(Object.keys(page.proxy_non_streaming)).toEqual([
      "failures",
      "mean_ms",
      "overhead_header_mean_ms",
      "overhead_header_p50_ms",
      "overhead_header_p95_ms",
      "p50_ms",
      "p95_ms",
      "p99_ms",
      "requests",
      "rps",
    ]);
    expect(page.proxy_non_streaming).toMatchObject({ requests: 5, failures: 1, rps: 10, mean_ms: 17.5 });
    expect(page.firsttoken).toEqual({ a: [{ x: 2, y: 1 }], z: 1 });
  });
});
