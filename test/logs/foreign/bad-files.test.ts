import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, it, vi } from "vitest";
import { LogError } from "../../../src/domain/errors/errors.js";
import type { LogProblem } from "../../../src/logs/files/problem.js";
import { readByKind } from "../../../src/logs/read-by-kind.js";
import { readLoadLogs, readQualityLogs } from "../../../src/logs/read-method-logs.js";
import { readProxyLogs } from "../../../src/logs/read-proxy-logs.js";
import { readTtftLogs } from "../../../src/logs/read-ttft-logs.js";
import { runs } from "../../support/runs.js";

const room = mkdtempSync(join(tmpdir(), "foreign-"));
afterAll(() => rmSync(room, { recursive: true }));
const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/foreign/${name}`, import.meta.url));
const bytes = (name: string) => readFileSync(fixture(name));

function write(name: string, content: string | Buffer): string {
  const path = join(room, name);
  writeFileSync(path, content);
  return path;
}

async function problemsOf(path: string, onBadLine: "throw" | "skip" = "throw"): Promise<[number, string[]]> {
  const problems: LogProblem[] = [];
  const rows = await readLoadLogs(path, { onBadLine, onProblem: (problem) => problems.push(problem) });
  return [rows.length, problems.map(({ message }) => message.replace(`${room}/`, ""))];
}

const DOCUMENTS = [
  ["vllm bench serve", "vllm-bench/serve.json"],
  ["GuideLLM", "guidellm/benchmarks.json"],
  ["inference-perf", "inference-perf/per_request_lifecycle_metrics.json"],
  ["llmperf", "llmperf/individual_responses.json"],
  ["LMCache rag_qa_quality", "lmcache/rag_full.json"],
] as const;

describe("a file that was cut", () => {
  it.each(DOCUMENTS)("of %s is an error that names the tool", async (tool, name) => {
    const whole = bytes(name);
    const path = write("cut.json", whole.subarray(0, whole.length >> 1));
    const reading = tool === "LMCache rag_qa_quality" ? readQualityLogs(path) : readLoadLogs(path);
    await expect(reading).rejects.toThrow(
      new RegExp(`cut.json begins as a result of ${tool}, but is not JSON .*: it was cut or damaged`),
    );
  });

  it("in its last line keeps the lines before it, and says so", async () => {
    const path = write("cut.jsonl", bytes("aiperf/profile_export.jsonl").subarray(0, -40));
    const [count, problems] = await problemsOf(path);
    expect(count).toBe(5);
    expect(problems[0]).toBe("cut.jsonl, line 7: the last line was cut; the lines before it were kept.");
  });

  it("of an SQLite database is an error, wherever it is cut", async () => {
    const whole = bytes("evalscope/benchmark_data.db");
    for (const length of [50, 4096, 4097, 12_000, whole.length - 1]) {
      const path = write("cut.db", whole.subarray(0, length));
      await expect(readLoadLogs(path), String(length)).rejects.toThrow(/SQLite/);
    }
  });

  it("or damaged anywhere is read or refused, never a crash", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          "evalscope/benchmark_data.db",
          "lmcache/bench_results.csv",
          "vllm-bench/serve.json",
          "guidellm/benchmarks.json",
        ),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (name, changes) => {
          const content = Buffer.from(bytes(name));
          for (const [place, value] of changes) content[place % content.length] = value;
          try {
            await readLoadLogs(write("damaged", content), { onBadLine: "skip", onProblem: () => {} });
          } catch (error) {
            expect(error).toBeInstanceOf(LogError);
          }
        },
      ),
      { numRuns: runs(50, 150) },
    );
  });
});

describe("a file that is not as its tool writes it", () => {
  const run = () => JSON.parse(bytes("vllm-bench/serve.json").toString()) as Record<string, unknown>;

  it("is refused where its arrays tell of different numbers of requests", async () => {
    const path = write("arrays.json", JSON.stringify({ ...run(), errors: ["", ""] }));
    await expect(readLoadLogs(path)).rejects.toThrow(
      /arrays.json, a result of vllm bench serve, line 1: errors has 2 values, ttfts has 4/,
    );
  });

  it("is refused where it counts other requests than it holds", async () => {
    const path = write("count.json", JSON.stringify({ ...run(), completed: 9 }));
    await expect(readLoadLogs(path)).rejects.toThrow(/it counts 9 requests and holds 4/);
  });

  it("has null for NaN, and never a TTFT of 0", async () => {
    const path = write(
      "nan.json",
      JSON.stringify(run())
        .replace(/"ttfts": ?\[[^,]*/, '"ttfts":[NaN')
        .replace(/"latencies": ?\[[^,]*/, '"latencies":[Infinity'),
    );
    const rows = await readLoadLogs(path);
    expect(rows[0]).toMatchObject({
      ttft_seconds: null,
      e2e_seconds: null,
      outcome: "error",
      error: "the file does not say why",
    });
    expect(rows.slice(1).every(({ ttft_seconds }) => ttft_seconds! > 0)).toBe(true);
  });

  it("is refused where another tool's line, or a log's, stands between its own", async () => {
    const sglang = bytes("sglang/details.jsonl").toString().split("\n")[0];
    const mixed = write(
      "mixed.jsonl",
      `${JSON.stringify(run())}\n${sglang}\n{"run_index":1}\n${JSON.stringify(run())}\n`,
    );
    await expect(readLoadLogs(mixed)).rejects.toThrow(
      /mixed.jsonl, line 2: it is not a result of vllm bench serve, as the first is/,
    );
    const [count, problems] = await problemsOf(mixed, "skip");
    expect([count, problems.length]).toEqual([8, 2]);
  });

  it("of CSV is refused by the line where fields are missing", async () => {
    const path = write("short.csv", `${bytes("lmcache/bench_results.csv")}sample_9,True\r\n`);
    await expect(readLoadLogs(path)).rejects.toThrow(/line 5: it has 2 fields where the header has 11/);
    expect((await problemsOf(path, "skip"))[0]).toBe(3);
  });

  it("of GuideLLM is refused as YAML, with the command that writes its JSON", async () => {
    // As PyYAML writes it: sorted by keys, or as GuideLLM has them.
    const metadata = "metadata:\n  guidellm_version: 0.8.1\n  version: 2\n";
    const benchmarks = "benchmarks:\n- config:\n    id_: 53accf1a\n  requests:\n    successful: []\n";
    for (const text of [`${benchmarks}config:\n  backend: null\n${metadata}`, `${metadata}${benchmarks}`]) {
      const path = write("benchmarks.yaml", text);
      const why =
        /benchmarks.yaml is GuideLLM's report as YAML.*guidellm export benchmarks.yaml --output kind=json/;
      await expect(readLoadLogs(path)).rejects.toThrow(why);
      await expect(readByKind(path)).rejects.toThrow(why);
    }
    const other = write("other.yaml", `benchmarks:\n- one\n`);
    await expect(readLoadLogs(other)).rejects.toThrow(/not JSON/);
  });

  it("of SQLite is refused where it is another program's", async () => {
    const other = Buffer.from(bytes("evalscope/benchmark_data.db"));
    other.write("zesult", other.indexOf("result"));
    await expect(readLoadLogs(write("other.db", other))).rejects.toThrow(
      /it has no table result; its tables: zesult/,
    );
  });

  it("is refused where a first token comes after the end, as of times in two units", async () => {
    const ms = (run().ttfts as number[]).map((seconds, i) => (i === 1 ? 1000 * seconds : seconds));
    const path = write("units.json", JSON.stringify({ ...run(), ttfts: ms }));
    for (const read of [readLoadLogs, readTtftLogs]) {
      await expect(read(path)).rejects.toThrow(
        /units.json, line 1, request 2: its TTFT, [\d.]+ s, is longer than the whole request, [\d.]+ s: is one in another unit\?/,
      );
    }
    expect((await problemsOf(path, "skip"))[0]).toBe(3);
  });

  it("of CSV is refused where a column stands twice", async () => {
    const text = bytes("lmcache/bench_results.csv").toString().replace("decode_speed", "ttft");
    await expect(readLoadLogs(write("twice.csv", text))).rejects.toThrow(/has two columns ttft\./);
  });

  it("of SQLite is refused while rows of it lie in a file beside it", async () => {
    const path = write("open.db", bytes("evalscope/benchmark_data.db"));
    for (const [beside, content] of [
      ["open.db-wal", "frames"],
      ["open.db-journal", Buffer.from("d9d505f920a163d700", "hex")],
    ] as const) {
      const file = write(beside, content);
      await expect(readLoadLogs(path)).rejects.toThrow(
        new RegExp(`rows that are not in it yet lie in ${beside}`),
      );
      // What SQLite leaves behind of a change that ended.
      writeFileSync(file, Buffer.alloc(beside.endsWith("wal") ? 0 : 512));
      expect(await readLoadLogs(path)).toHaveLength(6);
      rmSync(file);
    }
  });

  it("is refused where ids of its answers are not told apart", async () => {
    const rag = JSON.parse(bytes("lmcache/rag_full.json").toString());
    const withIds = (ids: readonly string[]) => {
      const samples = ids.map((_, i) => ({ ...rag.per_sample[0], sample_id: `ID ${i}` }));
      const text = JSON.stringify({ ...rag, summary: {}, per_sample: samples });
      return write(
        "rag.json",
        ids.reduce((so, id, i) => so.replace(`"ID ${i}"`, id), text),
      );
    };
    await expect(readQualityLogs(withIds(["9007199254740992", "9007199254740993"]))).rejects.toThrow(
      /sample 1: sample_id 9007199254740992 has more digits than a number is read with/,
    );
    await expect(readQualityLogs(withIds(["7", "8", "7"]))).rejects.toThrow(
      /sample 3: sample 1 has its sample_id, 7/,
    );
    const texts = await readQualityLogs(withIds(['"9007199254740992"', '"9007199254740993"']));
    expect(texts.map(({ example_id }) => example_id)).toEqual(["9007199254740992", "9007199254740993"]);
  });

  it("holds no request at all, and says so", async () => {
    const header = bytes("lmcache/bench_results.csv").toString().split("\n")[0];
    expect(await problemsOf(write("empty.csv", `${header}\n`))).toEqual([
      0,
      ["empty.csv contains no record."],
    ]);
    const guidellm = JSON.parse(bytes("guidellm/benchmarks.json").toString());
    guidellm.benchmarks = [];
    expect(await problemsOf(write("none.json", JSON.stringify(guidellm)))).toEqual([
      0,
      ["none.json contains no record."],
    ]);
  });

  it("is read by what it holds, not by its name, and packed too", async () => {
    const path = write("results.jsonl.gz", gzipSync(bytes("guidellm/benchmarks.json")));
    expect((await readLoadLogs(path))[0]!.source_tool).toBe("GuideLLM");
    const named = write("a.jsonl", bytes("evalscope/benchmark_data.db"));
    expect((await readLoadLogs(named))[0]!.source_tool).toBe("evalscope perf");
  });
});

describe("a result of another kind", () => {
  it("is refused with the reader that takes it", async () => {
    await expect(readQualityLogs(fixture("vllm-bench/serve.json"))).rejects.toThrow(
      /measures a load: read it with load\.read/,
    );
    await expect(readProxyLogs(fixture("guidellm/benchmarks.json"))).rejects.toThrow(/load\.read/);
    await expect(readLoadLogs(fixture("lmcache/rag_full.json"))).rejects.toThrow(
      /scores answers: read it with quality\.read/,
    );
  });

  it("finds its place in a report of all kinds, with its totals apart", async () => {
    const { load, quality, totals, logs, problems } = await readByKind([
      fixture("vllm-bench/append.jsonl"),
      fixture("lmcache/rag_full.json"),
      fixture("litellm/output.json"),
    ]);
    expect([load.length, quality.length]).toEqual([6, 8]);
    expect(logs.map(({ tool }) => tool)).toEqual(["vllm bench serve", "LMCache rag_qa_quality"]);
    expect(new Set(totals.map(({ source_tool }) => source_tool))).toEqual(
      new Set(["vllm bench serve", "LiteLLM's benchmark script"]),
    );
    expect(problems.some(({ message }) => /LiteLLM's benchmark script/.test(message))).toBe(true);
  });
});

describe("a report of a folder with other tools' files", () => {
  const folder = join(room, "mixed");
  mkdirSync(folder);
  const put = (name: string, content: Buffer) => writeFileSync(join(folder, name), content);
  put("benchmarks.json", bytes("guidellm/benchmarks.json"));
  put("profile_export.jsonl", bytes("aiperf/profile_export.jsonl").subarray(0, -40));
  put("notes.txt", Buffer.from("of the run"));

  it("parses each of them once", async () => {
    const parse = vi.spyOn(JSON, "parse");
    try {
      const { load } = await readByKind(folder);
      expect(new Set(load.map(({ source_tool }) => source_tool))).toEqual(new Set(["AIPerf", "GuideLLM"]));
      const document = bytes("guidellm/benchmarks.json").toString();
      expect(parse.mock.calls.filter(([text]) => text === document)).toHaveLength(1);
    } finally {
      parse.mockRestore();
    }
  });

  it("reports once what is wrong with them", async () => {
    const { problems } = await readByKind(folder);
    expect(problems.filter(({ kind }) => kind === "cut line")).toHaveLength(1);
  });

  it("refuses a bad line, or leaves it out", async () => {
    put("appended.jsonl", Buffer.concat([bytes("vllm-bench/append.jsonl"), Buffer.from("\n{}\n")]));
    await expect(readByKind(folder)).rejects.toThrow(/appended.jsonl, line \d+: it is not a result of vllm/);
    const { problems } = await readByKind(folder, { onBadLine: "skip" });
    expect(problems.filter(({ kind }) => kind === "bad line")).toHaveLength(1);
  });
});
