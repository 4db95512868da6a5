import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { readLoadLogs } from "../../../src/logs/read-method-logs.js";
import { readTotals } from "../../../src/logs/read-totals.js";

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/foreign/${name}`, import.meta.url));
const room = mkdtempSync(join(tmpdir(), "totals-"));
afterAll(() => rmSync(room, { recursive: true }));
const silent = { onProblem: () => {} };

async function values(name: string): Promise<Record<string, number>> {
  const totals = await readTotals(fixture(name), silent);
  return Object.fromEntries(
    totals.map(({ part, measure, statistic, value }) => [
      [part, measure, statistic].filter(Boolean).join(" "),
      value,
    ]),
  );
}

describe("totals of another tool", () => {
  it("of vllm bench serve are of the runs without requests, in seconds", async () => {
    const totals = await readTotals({ vLLM: fixture("vllm-bench/append.jsonl") }, silent);
    expect(new Set(totals.map(({ run }) => run))).toEqual(new Set([2]));
    expect(
      totals.find(({ measure, statistic }) => measure === "requests" && statistic === "total"),
    ).toMatchObject({
      label: "vLLM",
      model: "mock",
      value: 3,
      source_tool: "vllm bench serve",
      ttft_definition: "the first chunk with choices, even if empty",
    });
    const ttft = totals.filter(({ measure }) => measure === "ttft_seconds");
    expect(ttft.map(({ statistic }) => statistic).sort()).toEqual(["mean", "median", "p99", "sd"]);
    expect(ttft.every(({ value, unit }) => value < 1 && unit === "s")).toBe(true);
  });

  it("of LiteLLM's script may be below 0, and what it left out is missing", async () => {
    expect(await values("litellm/output.json")).toMatchObject({
      "direct_non_streaming e2e_seconds mean": 0.01,
      "proxy_streaming_ttft ttft_seconds p95": 0.027,
      "proxy_non_streaming overhead_header_seconds median": 0.0024,
      "overhead_seconds p95": -0.001,
      "proxy_non_streaming requests total": 200,
    });
    expect(Object.keys(await values("litellm/output.json")).join()).not.toMatch(
      /streaming_full|direct_non_streaming overhead/,
    );
  });

  it("of the others are read by their own names", async () => {
    expect(await values("llmperf/summary.json")).toMatchObject({
      "ttft_seconds median": 0.586917666500085,
      "requests total": 80,
    });
    expect(await values("lmcache/bench_summary.json")).toMatchObject({
      "ttft_seconds mean": 0.375,
      "failed_requests total": 1,
    });
    expect(await values("lmcache/long_doc_qa.json")).toMatchObject({ "query round ttft_seconds mean": 0.15 });
    // avg 89.86429733333333 ms in the file.
    expect((await values("aiperf/profile_export_aiperf.json"))["e2e_seconds mean"]).toBeCloseTo(
      0.08986429733,
      10,
    );
    expect(Object.keys(await values("inference-perf/summary_lifecycle_metrics.json"))).toContain(
      "ttft_seconds p99.9",
    );
  });

  it("are never rows: a file of nothing else is told, and refused under a label that is compared", async () => {
    const problems: string[] = [];
    const path = fixture("llmperf/summary.json");
    expect(await readLoadLogs(path, { onProblem: ({ message }) => problems.push(message) })).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/holds totals alone/);
    await expect(readLoadLogs({ a: path }, silent)).rejects.toThrow(
      /no request to compare under "a".*load\.totals/,
    );
  });

  it("are no times where a tool writes 0 because none was measured", async () => {
    const text = readFileSync(fixture("vllm-bench/append.jsonl"), "utf8").trim().split("\n")[1]!;
    const run = JSON.parse(text) as Record<string, unknown>;
    const dead = Object.entries(run).map(([key, value]) => [
      key,
      /_(ttft|tpot|itl)_ms$/.test(key) ? 0 : value,
    ]);
    const path = join(room, "dead.json");
    writeFileSync(path, JSON.stringify({ ...Object.fromEntries(dead), completed: 0, failed: 3 }));
    const measures = new Set((await readTotals(path, silent)).map(({ measure }) => measure));
    expect(measures.has("failed_requests")).toBe(true);
    for (const time of ["ttft_seconds", "tpot_seconds", "itl_seconds"])
      expect(measures.has(time)).toBe(false);
  });

  it("are no overhead where one side of LiteLLM's script failed as a whole", async () => {
    const file = JSON.parse(readFileSync(fixture("litellm/output.json"), "utf8"));
    file.proxy_non_streaming = { requests: 200, failures: 200, rps: 0, mean_ms: 0, p50_ms: 0, p95_ms: 0 };
    file.client_observed_overhead_p50_ms = -file.direct_non_streaming.p50_ms;
    const path = join(room, "failed-proxy.json");
    writeFileSync(path, JSON.stringify(file));
    const totals = await readTotals(path, silent);
    expect(totals.filter(({ measure }) => measure === "overhead_seconds")).toEqual([]);
    expect(totals.filter(({ part, unit }) => part === "proxy_non_streaming" && unit === "s")).toEqual([]);
  });

  it("are refused of a log of this package", async () => {
    await expect(readTotals("test/fixtures/logs/seed.jsonl")).rejects.toThrow(
      /no result file of another tool/,
    );
  });

  it("count the requests that ended well, where LiteLLM's script counts all", async () => {
    const file = JSON.parse(readFileSync(fixture("litellm/output.json"), "utf8"));
    file.proxy_non_streaming = { ...file.proxy_non_streaming, requests: 200, failures: 30 };
    const path = join(room, "some-failed.json");
    writeFileSync(path, JSON.stringify(file));
    const counts = (await readTotals(path, silent)).filter(({ part }) => part === "proxy_non_streaming");
    expect(counts.find(({ measure }) => measure === "requests")!.value).toBe(170);
    expect(counts.find(({ measure }) => measure === "failed_requests")!.value).toBe(30);
  });
});
