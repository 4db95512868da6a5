import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { llmdStatistics } from "../../src/convert/llm-d-statistics.js";
import { load, logs } from "../../src/index.js";
import { jsonl, ttftLine } from "../logs/ttft-row.js";
import { loadRow as measured } from "../report/load-rows.js";
import { REPORT_ROWS } from "../report/report-rows.js";
import { firsttokenHere } from "../support/cli-here.js";

const folder = mkdtempSync(join(tmpdir(), "llm-d-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const loadRow = (fields: Parameters<typeof measured>[0]) => measured({ score: null, ...fields });

let made = 0;
async function converted(rows: readonly object[], manifest?: object) {
  const log = join(folder, `${++made}.jsonl`);
  writeFileSync(log, jsonl(...rows));
  if (manifest !== undefined) writeFileSync(`${log}.meta.json`, JSON.stringify(manifest));
  const out = join(folder, `${made}-report.json`);
  const { notes, files } = await logs.convert(log, { to: "llm-d-report", out });
  return {
    reports: files.map((file) => JSON.parse(readFileSync(file, "utf8"))),
    notes: notes.join("\n"),
    files,
    out,
  };
}

const at = {
  context_tokens: 90,
  prompt_tokens: 100,
  output_tokens: 5,
  e2e_seconds: 0.5,
  block_seconds: 10,
  ttft_seconds: 0.1,
};

describe("a run as a Benchmark Report of llm-d", () => {
  it("has the counts, times and rates of its requests", async () => {
    const { reports, notes } = await converted([
      loadRow({ ...at, run_index: 1, tpot_seconds: 0.1, gaps_seconds: [0.1, 0.2] }),
      loadRow({ ...at, run_index: 2, ttft_seconds: 0.3, prompt_tokens: 101, gaps_seconds: [0.3] }),
      loadRow({ run_index: 3, outcome: "error", error: "HTTP 500", block_seconds: 10 }),
      loadRow({ run_index: 4, outcome: "timeout", error: "no answer", block_seconds: 10 }),
      loadRow({ ...at, run_index: 5, phase: "ramp_down", ttft_seconds: 70 }),
    ]);
    const [{ version, run, scenario, results }] = reports;
    const { requests, latency, throughput } = results.request_performance.aggregate;
    expect(version).toBe("0.2.1");
    expect(requests).toMatchObject({ total: 4, failures: 1, incomplete: 1 });
    // NumPy: mean, std(ddof=1) and percentile of [0.1, 0.3].
    expect(latency.time_to_first_token).toMatchObject({
      units: "s",
      mean: 0.2,
      min: 0.1,
      max: 0.3,
      p50: 0.2,
    });
    expect(latency.time_to_first_token.stddev).toBeCloseTo(0.1414213562373095, 12);
    expect(latency.time_per_output_token).toMatchObject({ units: "s/token", mean: 0.1, min: 0.1, max: 0.1 });
    expect(latency.inter_token_latency.mean).toBeCloseTo(0.2, 12);
    expect(latency.normalized_time_per_output_token.mean).toBeCloseTo(0.1, 12);
    expect(throughput).toEqual({
      input_token_rate: { units: "tokens/s", mean: 20.1 },
      output_token_rate: { units: "tokens/s", mean: 1 },
      total_token_rate: { units: "tokens/s", mean: 21.1 },
      request_rate: { units: "queries/s", mean: 0.2 },
    });
    expect(run.time).toEqual({ start: "2026-11-20T10:00:00.000Z", duration: "PT10S" });
    expect(scenario.load.standardized).toMatchObject({
      tool: "firsttoken",
      tool_version: "unknown",
      source: "unknown",
      stage: 0,
      rate_qps: 1,
      input_seq_len: { distribution: "other", value: 100.5, min: 100, max: 101 },
    });
    expect(scenario.load.native.config.ttft_definition).toBe("the first non-empty content");
    expect(notes).toContain("1 request sent before or after the measured ones");
  });

  it("leaves out what is not known, and says so", async () => {
    const { reports, notes } = await converted([loadRow({ ttft_seconds: 0.1 })]);
    const { aggregate } = reports[0].results.request_performance;
    expect(Object.keys(reports[0].scenario)).toEqual([]);
    expect(Object.keys(aggregate)).toEqual(["requests", "latency"]);
    expect(Object.keys(aggregate.latency)).toEqual(["time_to_first_token"]);
    expect(notes).toContain("without the load");
    expect(notes).toContain("without rates");
  });

  it("has a percentile only if a value lies beyond it", () => {
    const of = (n: number) =>
      Object.keys(
        llmdStatistics(
          Array.from({ length: n }, (_, i) => i),
          "s",
        )!,
      ).filter((key) => /^p/.test(key));
    expect(of(1)).toEqual(["p50"]);
    expect(of(2)).toEqual(["p50"]);
    expect(of(19)).toEqual(["p10", "p25", "p50", "p75", "p90"]);
    expect(of(99)).not.toContain("p99");
    expect(of(100)).toContain("p1");
    expect(of(1_000)).toHaveLength(11);
    expect(llmdStatistics([], "s")).toBeNull();
  });

  it("names the version that measured, not the one that converts", async () => {
    const manifest = {
      ...{
        server: null,
        server_software: null,
        model: null,
        seed: 1,
        options: {},
        started_at: "2026-11-20T10:00:00.000Z",
      },
      ...{ package_version: "0.0.7", node_version: "v20.0.0" },
    };
    const { reports } = await converted([loadRow(at)], manifest);
    expect(reports[0].scenario.load.standardized.tool_version).toBe("0.0.7");
  });

  it("leaves requests out of statistics that are not what their record calls them", async () => {
    const line = (fields: object) => ttftLine({ context_target: 1000, prompt_tokens: 1020, ...fields });
    const { reports, notes } = await converted([
      line({ ttft_seconds: 0.4 }),
      line({ ttft_seconds: 0.01, evidence: "contradicted", evidence_reason: "a hit", cached_tokens: 1008 }),
    ]);
    const { requests, latency } = reports[0].results.request_performance.aggregate;
    expect(requests.total).toBe(2);
    expect(latency.time_to_first_token.mean).toBe(0.4);
    expect(notes).toContain("In no statistic: 1 request");
  });

  it("has no averages of a run that never settled, and marks it and the client's limits", async () => {
    const settled = [1, 2].map((run_index) => loadRow({ ...at, run_index, client_limit: "busy" }));
    const rising = Array.from({ length: 40 }, (_, i) =>
      loadRow({ ...at, run_index: i + 1, block: 2, block_steady: false, ttft_seconds: 0.1 * (i + 1) }),
    );
    // Of a block in parts its rows tell, in whatever order.
    const inParts = rising
      .map((row) => ({ ...row, block: 3, block_steady: null, shard: row.run_index % 2, shards: 2 }))
      .sort((a, b) => a.shard - b.shard);
    const { reports, notes } = await converted([...settled, ...rising, ...inParts]);
    const latencies = reports.map(({ results }) => results.request_performance.aggregate.latency);
    expect(latencies.map((latency) => latency !== undefined)).toEqual([true, false, false]);
    expect(reports.map(({ scenario }) => scenario.load.native.config)).toMatchObject([
      { client_limit: "busy" },
      { block_steady: false },
      { block_steady: false },
    ]);
    expect(notes).toContain("No averages of 2 runs over which TTFT rose or fell");
    expect(notes).toContain("The client may have been the limit in 1 run (client_limit).");
  });

  it.each([
    { label: "B" },
    { model: "large" },
    { method: "prefix_cache" },
    { arrivals: "gamma" },
    { rate_per_second: 2 },
    { burstiness: 0.5 },
    { concurrency: 3 },
    { level: 2 },
    { repeat: 2 },
    { block: 2 },
  ] as const)("is told apart by its description from one of another %j", async (other) => {
    const { reports } = await converted([loadRow(at), loadRow({ ...at, ...other })]);
    expect(new Set(reports.map(({ run }) => run.description)).size).toBe(2);
  });

  it("has a file for each label, level and state, told apart by its description", async () => {
    const rows = [1, 2].flatMap((rate) =>
      ["A", "B"].map((label) => loadRow({ ...at, label, level: rate, rate_per_second: rate })),
    );
    const { reports, files, out } = await converted(rows);
    expect(files.map((file) => file.replace(/^.*-report/, ""))).toEqual([
      "-1.json",
      "-2.json",
      "-3.json",
      "-4.json",
    ]);
    expect(existsSync(out)).toBe(false);
    expect(new Set(reports.map(({ run }) => run.description)).size).toBe(4);
    expect(new Set(reports.map(({ run }) => run.uid)).size).toBe(4);
    expect(new Set(reports.map(({ run }) => run.eid)).size).toBe(1);
    const refused = logs.convert(join(folder, `${made}.jsonl`), { to: "llm-d-report", out });
    await expect(refused).rejects.toThrow(/-report-1\.json exists already/);
  });

  it("is written by the command, with the name of each file on standard output", async () => {
    const log = join(folder, "command.jsonl");
    writeFileSync(log, jsonl(loadRow(at)));
    const out = join(folder, "command.yaml");
    const { code, stdout } = await firsttokenHere(["convert", log, "--to", "llm-d-report", "--out", out]);
    expect([code, stdout]).toEqual([0, `${out}\n`]);
  });

  it("refuses records that are no requests of one kind", async () => {
    await expect(converted(REPORT_ROWS.quality)).rejects.toThrow(/Benchmark Report of llm-d holds requests/);
  });

  it("keeps the numbers of another tool's file and names the tool", async () => {
    const path = join(import.meta.dirname, "../fixtures/foreign/vllm-bench/serve.json");
    const out = join(folder, "vllm.json");
    await logs.convert(path, { to: "llm-d-report", out });
    const report = JSON.parse(readFileSync(out, "utf8"));
    expect(report.scenario.load.standardized).toMatchObject({
      tool: "vllm bench serve",
      tool_version: "unknown",
      concurrency: 2,
    });
    const theirs = JSON.parse(readFileSync(path, "utf8"));
    const { mean } = report.results.request_performance.aggregate.latency.time_to_first_token;
    expect(mean).toBeCloseTo(theirs.mean_ttft_ms / 1000, 9);
    expect(await load.read(path)).toHaveLength(report.results.request_performance.aggregate.requests.total);
  });
});
