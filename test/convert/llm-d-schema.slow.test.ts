import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { logs } from "../../src/index.js";
import { jsonl, ttftLine } from "../logs/ttft-row.js";
import { loadRow } from "../report/load-rows.js";

const SCHEMA = join(import.meta.dirname, "../fixtures/llm-d/br_v0_2_1_json_schema.json");
const FOREIGN = join(import.meta.dirname, "../fixtures/foreign");

const folder = mkdtempSync(join(tmpdir(), "llm-d-schema-"));
const python = join(folder, process.platform === "win32" ? "venv/Scripts/python.exe" : "venv/bin/python");
const run = (command: string, ...args: readonly string[]) =>
  execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

beforeAll(() => {
  run("python3", "-m", "venv", "venv");
  run(python, "-m", "pip", "install", "--quiet", "jsonschema[format]==4.26.0");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const line = (index: number) =>
  loadRow({
    ...{
      run_index: index,
      ttft_seconds: 0.1 + index / 1e4,
      tpot_seconds: 0.01,
      e2e_seconds: 0.5,
      score: null,
    },
    ...{
      context_tokens: 480,
      prompt_tokens: 500 + index,
      output_tokens: 16,
      gaps_seconds: [0.01, 0.02],
      block_seconds: 33.25,
    },
  });
const REPORTED: Readonly<Record<string, readonly object[]>> = {
  whole: Array.from({ length: 1_200 }, (_, index) => line(index + 1)),
  failed: [
    loadRow({ outcome: "error", error: "HTTP 500", score: null }),
    loadRow({ outcome: "timeout", error: "late", score: null }),
  ],
  bare: [{ run_index: 1, context_tokens: 1000, ttft_seconds: 0.25 }],
  closed: [
    loadRow({
      ...line(1),
      arrivals: "closed",
      rate_per_second: null,
      concurrency: 8,
      workload: "sessions",
      block_seconds: 1e-9,
    } as object),
  ],
  ttft: ["cold", "warm"].map((cache_state) => ttftLine({ cache_state, prompt_tokens: 1020.5 })),
};
const THEIRS = [
  "vllm-bench/serve.json",
  "vllm-bench/append.jsonl",
  "sglang/details.jsonl",
  "guidellm/benchmarks.json",
  "aiperf/profile_export.jsonl",
  "evalscope/benchmark_data.db",
];

describe("Benchmark Reports, by Python's jsonschema and llm-d's schema", () => {
  const valid = async (source: string, name: string) => {
    const { files } = await logs.convert(source, {
      to: "llm-d-report",
      out: join(folder, `${name}.json`),
      overwrite: true,
    });
    const check = [
      "import json, sys, jsonschema as j",
      "s = json.load(open(sys.argv[1]))",
      "v = j.Draft202012Validator(s, format_checker=j.FormatChecker())",
      "[v.validate(json.load(open(p))) for p in sys.argv[2:]]",
    ].join("\n");
    run(python, "-c", check, SCHEMA, ...files);
  };

  it.each(Object.keys(REPORTED))("are valid for a log that is %s", async (name) => {
    const log = join(folder, `${name}.jsonl`);
    writeFileSync(log, jsonl(...REPORTED[name]!));
    await valid(log, name);
  });

  it.each(THEIRS)("are valid for %s", (path) => valid(join(FOREIGN, path), path.replaceAll(/\W/g, "-")));
});
