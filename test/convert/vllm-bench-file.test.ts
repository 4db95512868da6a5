import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { load, logs, ttft } from "../../src/index.js";
import { jsonl, ttftLine } from "../logs/ttft-row.js";
import { loadRow as measured } from "../report/load-rows.js";
import { REPORT_ROWS } from "../report/report-rows.js";

const folder = mkdtempSync(join(tmpdir(), "vllm-bench-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A line of a load: it states its score. */
const loadRow = (fields: Parameters<typeof measured>[0]) => measured({ score: null, ...fields });

let made = 0;
/** Converts lines, or a file, and returns the runs written, the notes, and the file. */
async function converted(source: string | readonly object[]) {
  const log = typeof source === "string" ? source : join(folder, `${++made}.jsonl`);
  if (typeof source !== "string") writeFileSync(log, jsonl(...source));
  const out = join(folder, `${++made}.json`);
  const { notes } = await logs.convert(log, { to: "vllm-bench", out });
  const runs = readFileSync(out, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return { runs, notes: notes.join("\n"), out };
}

describe("requests of a tool that does not tell how they arrived", () => {
  it.each([
    "aiperf/profile_export.jsonl",
    "inference-perf/per_request_lifecycle_metrics.json",
    "lmcache/bench_results.csv",
  ])("are read back without arrivals and concurrency: %s", async (name) => {
    const path = fileURLToPath(new URL(`../fixtures/foreign/${name}`, import.meta.url));
    const { out } = await converted(path);
    const arrivals = async (log: string) =>
      (await load.read(log, { onProblem: () => {} })).map((row) => [
        ...[row.arrivals, row.concurrency, row.rate_per_second, row.burstiness],
        ...[row.scheduled_seconds, row.wait_seconds],
      ]);
    const before = await arrivals(path);
    expect(before[0]).toEqual([null, null, null, null, null, null]);
    expect(await arrivals(out)).toEqual(before);
  });
});

describe("a ramp as a result of vllm bench serve", () => {
  const fields = {
    ramp_strategy: "linear",
    ramp_start_per_second: 1,
    ramp_end_per_second: 9,
    ramp_seconds: 4,
  } as const;
  const ramp = [1, 4, 6, 9].map((rate, index) =>
    loadRow({
      ...fields,
      run_index: index + 1,
      rate_per_second: null,
      ramp_rate_per_second: rate,
      ttft_seconds: 1,
    }),
  );

  it("has vLLM's words for it, and is read back with the rate of each request", async () => {
    const { runs, out } = await converted(ramp);
    expect(runs).toHaveLength(1);
    expect(runs[0]).toMatchObject({ ramp_up_strategy: "linear", ramp_up_start_rps: 1, ramp_up_end_rps: 9 });
    expect(runs[0].request_rate).toBe("inf");
    const read = await load.read(out);
    expect(read.map(({ ramp_rate_per_second }) => ramp_rate_per_second)).toEqual([1, 4, 6, 9]);
    expect(read[0]).toMatchObject({ ...fields, rate_per_second: null, concurrency: null });
  });

  it("of vLLM itself has the rates that vLLM draws its gaps with, by the number of the request", async () => {
    const { runs } = await converted(ramp);
    const { arrivals: _a, ramp_rates_per_second: _r, ramp_seconds: _s, ...theirs } = runs[0];
    const path = join(folder, "theirs.json");
    writeFileSync(path, JSON.stringify({ ...theirs, ramp_up_strategy: "exponential", ramp_up_end_rps: 8 }));
    const read = await load.read(path);
    // start · (end / start) ^ (i / (n − 1)).
    expect(read.map(({ ramp_rate_per_second }) => ramp_rate_per_second)).toEqual(
      [1, 2, 4, 8].map((rate) => expect.closeTo(rate, 12)),
    );
    expect(read[0]).toMatchObject({ arrivals: "poisson", concurrency: null, ramp_seconds: null });
  });

  it("is no Benchmark Report of llm-d, which holds averages alone", async () => {
    const log = join(folder, "ramp.jsonl");
    writeFileSync(log, jsonl(...ramp));
    await expect(logs.convert(log, { to: "llm-d-report", out: join(folder, "ramp.json") })).rejects.toThrow(
      "of a ramp say nothing",
    );
  });
});

describe("a load as a result of vllm bench serve", () => {
  it("has the statistics that vLLM 0.32.0 itself computed of the same requests", async () => {
    const path = fileURLToPath(new URL("../fixtures/foreign/vllm-bench/serve.json", import.meta.url));
    const theirs = JSON.parse(readFileSync(path, "utf8"));
    const { runs } = await converted(path);
    expect(runs).toHaveLength(1);
    const times = Object.keys(theirs).filter((key) => /^(mean|median|std|p99)_/.test(key));
    expect(times).toHaveLength(12);
    for (const key of times) expect(runs[0][key], key).toBeCloseTo(theirs[key], 9);
    for (const key of [
      "request_throughput",
      "output_throughput",
      "total_input_tokens",
      "total_output_tokens",
    ])
      expect(runs[0][key], key).toBeCloseTo(theirs[key], 9);
    for (const key of [
      "ttfts",
      "itls",
      "latencies",
      "input_lens",
      "output_lens",
      "errors",
      "max_concurrency",
      "request_rate",
    ])
      expect(runs[0][key], key).toEqual(theirs[key]);
    expect(runs[0]).toMatchObject({ completed: 4, failed: 0, num_prompts: 4 });
  });

  it("reads as the same times, arrivals and failures, with what TTFT counts to", async () => {
    const at = {
      prompt_tokens: 9,
      output_tokens: 3,
      e2e_seconds: 0.9,
      gaps_seconds: [0.1, 0.3],
      block_seconds: 5,
    };
    const rows = [
      loadRow({ ...at, run_index: 1, ttft_seconds: 0.1 + 0.2, scheduled_seconds: 0, wait_seconds: 0.25 }),
      loadRow({ ...at, run_index: 2, scheduled_seconds: 1.5, outcome: "error", error: "HTTP 500" }),
      loadRow({ ...at, run_index: 3, scheduled_seconds: 2, remark: "the answer has no content" }),
      loadRow({ ...at, run_index: 4, scheduled_seconds: 3, phase: "ramp_down", ttft_seconds: 7 }),
    ];
    const { runs, notes, out } = await converted(rows);
    expect(runs[0]).toMatchObject({
      backend: "firsttoken",
      completed: 1,
      failed: 2,
      request_rate: 1,
      burstiness: 1,
      ttfts: [0.1 + 0.2, 0, 0],
      latencies: [0.9, 0, 0],
      output_lens: [3, 0, 0],
      itls: [[0.1, 0.3], [], []],
      errors: ["", "HTTP 500", "the answer has no content"],
      start_times: [0.25, 1.5, 2],
      queue_times: [0.25, 0, 0],
    });
    expect(notes).toContain("1 request sent before or after the measured ones");
    expect(notes).toContain("Ended well without a first token, which vLLM counts as failed: 1 request.");
    expect(notes).toContain("cached tokens");
    const read = await load.read(out);
    expect(read.map((row) => row.ttft_seconds)).toEqual([0.1 + 0.2, null, null]);
    expect(read.map((row) => row.scheduled_seconds)).toEqual([0, 1.5, 2]);
    for (const row of read)
      expect(row).toMatchObject({
        arrivals: "poisson",
        rate_per_second: 1,
        ttft_definition: "the first non-empty content",
      });
  });

  it.each(["constant", "gamma", "trace", "closed"] as const)("keeps %s arrivals", async (arrivals) => {
    const fields = {
      closed: { rate_per_second: null, concurrency: 4 },
      constant: { rate_per_second: 2 },
      gamma: { rate_per_second: 2, burstiness: 0.5 },
      trace: { rate_per_second: null },
    }[arrivals];
    const { out } = await converted([loadRow({ ttft_seconds: 1, arrivals, ...fields })]);
    const [row] = await load.read(out);
    expect(row).toMatchObject({ arrivals, concurrency: null, burstiness: null, ...fields });
  });

  it("has the requests of a run that never settled, and no averages", async () => {
    const { runs, notes } = await converted([
      loadRow({ ttft_seconds: 1, block_steady: false, client_limit: "busy" }),
    ]);
    expect(runs[0]).toMatchObject({ ttfts: [1], block_steady: false, client_limit: "busy" });
    expect(Object.keys(runs[0]!).filter((key) => /_ttft_ms$/.test(key))).toEqual([]);
    expect(notes).toContain("No averages of 1 run over which TTFT rose or fell");
  });

  it("is one run a line for each label, level and block", async () => {
    const rows = [1, 2].flatMap((level) =>
      ["A", "B"].map((label) => loadRow({ level, label, ttft_seconds: level / 7, rate_per_second: level })),
    );
    const { runs, notes } = await converted(rows);
    expect(runs.map((run) => [run.label, run.request_rate, run.ttfts])).toEqual(
      rows.map((row) => [row.label, row.level, [row.ttft_seconds]]),
    );
    expect(notes).toContain("4 runs, one a line");
  });
});

describe("a TTFT log as a result of vllm bench serve", () => {
  it("never puts cold and warm requests into one statistic, and reads as the same times", async () => {
    const line = (ttft_seconds: number | null, cache_state: string) =>
      ttftLine({
        ttft_seconds,
        cache_state,
        label: "A",
        prompt_tokens: 1010,
        ...(ttft_seconds === null && { outcome: "timeout", error: "late" }),
      });
    const lines = [line(0.4, "cold"), line(0.1, "warm"), line(null, "cold"), line(0.2, "warm")];
    const { runs, out } = await converted(lines);
    expect(runs.map((run) => [run.cache_state, run.ttfts, run.failed, run.max_concurrency])).toEqual([
      ["cold", [0.4, 0], 1, 1],
      ["warm", [0.1, 0.2], 0, 1],
    ]);
    expect((await ttft.read(out)).map((row) => row.ttft_seconds)).toEqual([0.4, null, 0.1, 0.2]);
  });

  it("is refused for records of other kinds, with the reason", async () => {
    await expect(converted([...REPORT_ROWS.quality])).rejects.toThrow("these are quality records");
  });
});
