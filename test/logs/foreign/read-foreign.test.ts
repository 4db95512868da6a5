import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import type { LogProblem } from "../../../src/logs/files/problem.js";
import { type LoadRows, readLoadLogs } from "../../../src/logs/read-method-logs.js";
import { readTtftLogs } from "../../../src/logs/read-ttft-logs.js";
import { loadTable } from "../../../src/report/load/load-table.js";

/** Files that the tools wrote, or that were made after their source: see README.md beside them. */
const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/foreign/${name}`, import.meta.url));

const room = mkdtempSync(join(tmpdir(), "foreign-"));
afterAll(() => rmSync(room, { recursive: true }));

/** The rows of a file with this content, silently. */
function readWritten(name: string, content: string): Promise<LoadRows> {
  const path = join(room, name);
  writeFileSync(path, content);
  return readLoadLogs(path, { onProblem: () => {} });
}

async function load(name: string): Promise<{ rows: LoadRows; problems: string[] }> {
  const problems: LogProblem[] = [];
  const rows = await readLoadLogs(fixture(name), { onProblem: (problem) => problems.push(problem) });
  return { rows, problems: problems.map(({ message }) => message.replace(/^.*[\\/]/, "")) };
}

const only = <K extends keyof LoadRows[number]>(rows: LoadRows, ...keys: K[]) =>
  rows.map((row) => keys.map((key) => row[key]));

describe("requests of vllm bench serve", () => {
  it("are rows in seconds, with the tool, what it counts TTFT to, and null for what it does not tell", async () => {
    const { rows, problems } = await load("vllm-bench/serve.json");
    expect(problems).toEqual([]);
    expect(rows).toHaveLength(4);
    expect(rows[0]).toMatchObject({
      run_index: 1,
      context_tokens: null,
      ttft_seconds: 0.06119912700523855,
      e2e_seconds: 0.14212389900058042,
      label: "serve.json",
      model: "mock",
      workload: null,
      arrivals: "closed",
      concurrency: 2,
      rate_per_second: null,
      level: 1,
      phase: "measured",
      method: null,
      cached_tokens: null,
      evidence: "unproven",
      prompt_tokens: 1,
      output_tokens: 8,
      block_seconds: 0.25107862200093223,
      outcome: "ok",
      error: null,
      started_at: null,
      scheduled_seconds: null,
      wait_seconds: null,
      source_tool: "vllm bench serve",
      source_version: null,
      ttft_definition: "the first chunk with choices, even if empty",
    });
    // itls[0] of the file: nine times, their mean by hand.
    expect(rows[0]!.gaps_seconds).toHaveLength(9);
    expect(rows[0]!.itl_seconds).toBeCloseTo(0.0089916, 7);
  });

  it("have no TTFT where they failed, though the file says 0.0", async () => {
    const { rows } = await load("vllm-bench/append.jsonl");
    expect(only(rows, "outcome", "error").map(String)).toEqual([
      "ok,",
      "error,Internal Server Error",
      "ok,",
      "error,Internal Server Error",
      "ok,",
      "ok,",
    ]);
    const failed = rows.filter(({ outcome }) => outcome === "error");
    for (const row of failed) {
      expect(only([row], "ttft_seconds", "e2e_seconds", "itl_seconds", "output_tokens")).toEqual([
        [null, null, null, null],
      ]);
    }
  });

  it("of an open loop say when they were due and how long they waited", async () => {
    const { rows } = await load("vllm-bench/append.jsonl");
    expect(rows[0]).toMatchObject({
      arrivals: "poisson",
      rate_per_second: 50,
      burstiness: null,
      concurrency: null,
    });
    const due = rows.map(({ scheduled_seconds }) => scheduled_seconds!);
    expect(Math.min(...due)).toBe(0);
    expect(rows.every(({ wait_seconds }) => wait_seconds! > 0)).toBe(true);
  });

  it("are told apart from runs of the same file that hold totals alone", async () => {
    const { rows, problems } = await load("vllm-bench/append.jsonl");
    expect(new Set(rows.map(({ level }) => level))).toEqual(new Set([1]));
    expect(problems).toEqual([
      "append.jsonl: 1 of 2 runs hold totals alone; --save-detailed writes their requests too (vllm bench serve).",
    ]);
  });
});

describe("requests of SGLang's bench_serving", () => {
  it("have their cached tokens by place, and a version", async () => {
    const { rows, problems } = await load("sglang/details.jsonl");
    expect(
      only(rows, "ttft_seconds", "cached_tokens", "device_cached_tokens", "host_cached_tokens", "outcome"),
    ).toEqual([
      [0.1, 1000, 900, 100, "ok"],
      [null, null, null, null, "error"],
      [0.12, 0, 0, 0, "ok"],
    ]);
    expect(rows[0]).toMatchObject({
      model: "llama-8b",
      arrivals: "closed",
      concurrency: 2,
      source_tool: "SGLang bench_serving",
      source_version: "0.5.9",
      ttft_definition: "the first non-empty text, reasoning too, from before its connection is opened",
    });
    expect(problems[0]).toContain("1 of 2 runs hold totals alone");
  });
});

describe("requests of GuideLLM", () => {
  it("come in the order they began, those that failed among them", async () => {
    const { rows, problems } = await load("guidellm/benchmarks.json");
    expect(problems).toEqual([]);
    expect(rows.map(({ outcome }) => outcome)).toEqual(["ok", "error", "ok", "error", "error", "ok"]);
    expect(rows[0]).toMatchObject({
      ttft_seconds: 0.10150861740112305,
      first_reasoning_seconds: null,
      e2e_seconds: 0.2081892490386963,
      // Its inter_token_latency_ms is the time from the first token to the last over one token less.
      tpot_seconds: 0.015173469270978655,
      arrivals: "closed",
      concurrency: 2,
      started_at: "2026-11-30T09:02:47.572Z",
      source_version: "0.8.1",
      // Where it tells the content's own time, that is what is read.
      ttft_definition: "the first non-empty content",
    });
    expect(rows[1]).toMatchObject({ ttft_seconds: null, prompt_tokens: 20 });
    expect(rows[1]!.error).toContain("500 Internal Server Error");
  });
});

describe("requests of GuideLLM that call tools", () => {
  it("count TTFT to a tool call too, and the table says so", async () => {
    const file = JSON.parse(readFileSync(fixture("guidellm/benchmarks.json"), "utf8"));
    file.benchmarks[0].requests.successful[0].output_metrics = { tool_call_count: 1 };
    const [row] = await readWritten("tools.json", JSON.stringify(file));
    expect(row!.ttft_definition).toBe("the first non-empty content or tool call");
    // Where 0.8 notes the model, and where earlier versions did.
    delete file.config;
    const asked = async (config: object) =>
      (await readWritten("model.json", JSON.stringify({ ...file, config })))[0]!.model;
    expect(await asked({ spec: { backend: { kind: "openai_http", model: "a" } } })).toBe("a");
    expect(await asked({ backend: { model: "b" } })).toBe("b");
    expect(await asked({})).toBeNull();
  });
});

describe("requests of GuideLLM at a rate", () => {
  it("say how long they waited for their start, from which TTFT counts", async () => {
    const file = JSON.parse(readFileSync(fixture("guidellm/benchmarks.json"), "utf8"));
    file.benchmarks[0].config.strategy = { type_: "constant", rate: 2 };
    const rows = await readWritten("rate.json", JSON.stringify(file));
    expect(rows[0]).toMatchObject({ arrivals: "constant", rate_per_second: 2 });
    // request_start 1796029367.572458, targeted_start 1796029367.5039978 in the file.
    expect(rows[0]!.wait_seconds).toBeCloseTo(0.0684602, 6);
    expect((await load("guidellm/benchmarks.json")).rows[0]!.wait_seconds).toBeNull();
    for (const { info } of file.benchmarks[0].requests.successful) delete info.timings.targeted_start;
    const untold = await readWritten("untold.json", JSON.stringify(file));
    expect(loadTable(untold).text).toContain("the log does not say when requests were due");
  });
});

describe("requests of AIPerf", () => {
  it("have no times at all where they failed, whatever the file says", async () => {
    const lines = readFileSync(fixture("aiperf/profile_export.jsonl"), "utf8").trim().split("\n");
    const broken = lines.map((line) => JSON.stringify({ ...JSON.parse(line), error: { message: "late" } }));
    for (const row of await readWritten("broken.jsonl", broken.join("\n"))) {
      expect(row).toMatchObject({
        ...{ outcome: "error", ttft_seconds: null, e2e_seconds: null, itl_seconds: null },
        ...{ tpot_seconds: null, gaps_seconds: null, output_tokens: null },
      });
    }
  });

  it("have the content's own time where the file tells it, and the reasoning's beside it", async () => {
    const written = (metrics: object) =>
      JSON.stringify({
        metadata: { request_start_ns: 1, benchmark_phase: "profiling" },
        metrics,
        error: null,
      });
    const ms = (value: number) => ({ value, unit: "ms" });
    // time_to_first_output_token_metric.py of AIPerf 0.13.0: the first content or tool call, never reasoning.
    const rows = await readWritten(
      "reasoning.jsonl",
      [
        { time_to_first_token: ms(100), time_to_first_output_token: ms(300) },
        { time_to_first_token: ms(100), time_to_first_output_token: ms(100) },
        { time_to_first_token: ms(100) },
      ]
        .map(written)
        .join("\n"),
    );
    expect(only(rows, "ttft_seconds", "first_reasoning_seconds")).toEqual([
      [0.3, 0.1],
      [0.1, null],
      [null, 0.1],
    ]);
    expect(rows[0]!.ttft_definition).toBe("the first non-empty content or tool call");
    const untold = await readWritten("untold.jsonl", written({ time_to_first_token: ms(100) }));
    expect(only(untold, "ttft_seconds", "first_reasoning_seconds", "ttft_definition")).toEqual([
      [0.1, null, "the first output of any kind, reasoning and tool calls too"],
    ]);
  });

  it("are those it profiled, by their start; warm-ups are counted aside", async () => {
    const { rows, problems } = await load("aiperf/profile_export.jsonl");
    expect(rows).toHaveLength(6);
    const started = rows.map(({ started_at }) => started_at!);
    expect(started).toEqual([...started].sort());
    expect(problems).toEqual([
      "profile_export.jsonl: 1 of 7 requests of another phase than profiling (AIPerf).",
    ]);
    const good = rows.filter(({ outcome }) => outcome === "ok");
    expect(good.map(({ ttft_seconds }) => ttft_seconds)).toEqual([
      0.036839645, 0.037348352999999994, 0.035362542,
    ]);
    expect(rows.find(({ outcome }) => outcome === "error")).toMatchObject({
      ttft_seconds: null,
      status: 500,
    });
  });

  it("have no time per token over another count of tokens than their own", async () => {
    // The file counts 120 tokens and more of each answer's text; usage counts 8.
    const { rows } = await load("aiperf/profile_export.jsonl");
    for (const row of rows.filter(({ outcome }) => outcome === "ok")) {
      expect(row).toMatchObject({ output_tokens: 8, tpot_seconds: null });
    }
  });
});

describe("requests of inference-perf", () => {
  it("have TTFT by the stamp of their first token", async () => {
    const { rows } = await load("inference-perf/per_request_lifecycle_metrics.json");
    expect(rows).toHaveLength(12);
    expect(rows[0]).toMatchObject({
      // 39527.181091402 − 39527.117996126
      ttft_seconds: 0.0630952760038781,
      output_tokens: 8,
      outcome: "ok",
      ttft_definition: "the first non-empty content",
    });
    expect(rows[0]!.gaps_seconds).toHaveLength(7);
    expect(rows.filter(({ outcome }) => outcome === "error")).toHaveLength(3);
    expect(rows[2]).toMatchObject({ ttft_seconds: null, prompt_tokens: null });
    expect(rows[2]!.error).toContain("HTTP Error 500");
  });
});

describe("requests of evalscope perf", () => {
  it("are the rows of its database, whatever it is called", async () => {
    const { rows } = await load("evalscope/benchmark_data.db");
    // What Python's sqlite3 gives for this file, by start_time.
    expect(only(rows, "ttft_seconds", "e2e_seconds", "outcome")).toEqual([
      [0.03684950499882689, 0.07254038399696583, "ok"],
      [0.03502962299535284, 0.06990578299883055, "ok"],
      [0.03483733499888331, 0.0700641499934136, "ok"],
      [null, null, "error"],
      [0.03283983699657256, 0.06822738499613479, "ok"],
      [0.032974977999401744, 0.06772405800438719, "ok"],
    ]);
    expect(rows[0]).toMatchObject({
      model: "mock",
      prompt_tokens: 1,
      output_tokens: 8,
      source_tool: "evalscope perf",
    });
  });
});

describe("requests of llmperf", () => {
  it("leave aside its time between tokens, which has TTFT in it", async () => {
    const { rows } = await load("llmperf/individual_responses.json");
    expect(only(rows, "ttft_seconds", "e2e_seconds", "itl_seconds", "outcome", "status")).toEqual([
      [0.6055155840003863, 7.453143953000108, null, "ok", null],
      [0.5807030780006244, 7.442206753999926, null, "ok", null],
      [null, null, null, "error", 429],
    ]);
  });
});

describe("requests of LMCache's benchmarks", () => {
  it("of bench engine have no TTFT where the file says −1", async () => {
    const { rows } = await load("lmcache/bench_results.csv");
    expect(only(rows, "run_index", "ttft_seconds", "started_at", "error")).toEqual([
      [1, 0.5, "2026-11-30T09:09:10.500Z", null],
      [2, 0.25, "2026-11-30T09:09:11.500Z", null],
      [3, null, "2026-11-30T09:09:12.500Z", 'APITimeoutError: Request timed out, "again"'],
    ]);
  });

  it("of long_doc_qa and multi-round-qa are read too", async () => {
    const doc = await load("lmcache/query_round.csv");
    expect(only(doc.rows, "ttft_seconds", "documents", "outcome")).toEqual([
      [0.04, ["0"], "ok"],
      [0.05, ["1"], "ok"],
      [null, ["2"], "error"],
    ]);
    const chat = await load("lmcache/multi-round.csv");
    expect(only(chat.rows, "ttft_seconds", "workload", "session", "turn")).toEqual([
      [0.5, "sessions", "2", 1],
      [0.3, "sessions", "2", 2],
    ]);
    // long_doc_qa.py 3129b019, which says `successful`, counts tool calls too; 0482cd9f did not.
    expect(doc.rows[0]!.ttft_definition).toBe("the first output of any kind, reasoning and tool calls too");
    const older = await readWritten("older.csv", "prompt_id,request_start,ttft,request_end\n0,0.1,0.0,0.3\n");
    expect(only(older, "ttft_seconds", "error", "ttft_definition")).toEqual([
      [null, "no token came", "the first non-empty content or reasoning"],
    ]);
  });

  it("of rag.py have a score and no time per token, which it divides by all of them", async () => {
    const { rows } = await load("lmcache/rag_script.csv");
    expect(only(rows, "ttft_seconds", "e2e_seconds", "score", "prompt_tokens", "output_tokens")).toEqual([
      [0.75, 1, 0.5, 6012, 8],
      [0.25, 0.49, 0, 5980, 8],
    ]);
    expect(rows[0]).toMatchObject({
      tpot_seconds: null,
      source_tool: "LMCache rag.py",
      ttft_definition: "the first non-empty content",
    });
  });
});

describe("a load's requests as TTFT rows", () => {
  it("have the whole prompt for their context, and say so", async () => {
    const rows = await readTtftLogs({ llmperf: fixture("llmperf/individual_responses.json") });
    expect(rows[0]).toMatchObject({
      label: "llmperf",
      context_tokens: 550,
      ttft_seconds: 0.6055155840003863,
      token_counter: "llmperf, of the whole prompt",
      cache_state: null,
      log_label: null,
      source_tool: "llmperf",
    });
    expect(Object.keys(rows[0]!)).not.toContain("workload");
  });

  it("are refused where the file does not say how long prompts are", async () => {
    await expect(readTtftLogs(fixture("lmcache/query_round.csv"))).rejects.toThrow(
      /does not say how long its prompts are.*load\.read/,
    );
  });
});
