// Reads and summarises 1,000,000 TTFT rows in 200 files, and compares with a bare JSON.parse loop over the same files.
// Prints the ratio of the two, from interleaved rounds; the budget is 1.5 ×. Run `npm run build` first.
//
//   node bench/read-logs.mjs [rows] [files] [rounds]
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTtftLogs } from "../dist/logs/read-ttft-logs.js";
import { quantile } from "../dist/stats/quantile.js";
import { random } from "../dist/stats/random.js";
import { summary as describe } from "../dist/stats/summary.js";

const [rows = 1_000_000, files = 200, rounds = 3] = process.argv.slice(2).map(Number);
const labels = ["vLLM", "vLLM + LMCache"];
const contexts = [1000, 2000, 4000, 8000, 16000];

const folder = mkdtempSync(join(tmpdir(), "read-logs-"));
try {
  writeLogs();
  const paths = readdirSync(folder).map((name) => join(folder, name));
  const bare = [];
  const read = [];
  let summary;
  for (let round = 0; round < rounds; round++) {
    bare.push(await timed(() => bareLoop(paths)));
    read.push(await timed(async () => (summary = await readAndSummarise())));
  }
  console.table(summary);
  console.log(`${rows.toLocaleString("en")} rows in ${files} files, median of ${rounds} interleaved rounds`);
  print("JSON.parse loop", bare, bare);
  print("read and summarise", read, bare);
} finally {
  rmSync(folder, { recursive: true });
}

/** Wall and CPU seconds; on a shared machine the CPU time is the quieter of the two. */
async function timed(act) {
  globalThis.gc?.();
  const cpu = process.cpuUsage();
  const start = performance.now();
  await act();
  const wall = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, cpu: (user + system) / 1e6 };
}

function print(name, times, base) {
  const middle = (all, key) =>
    quantile(
      all.map((time) => time[key]),
      0.5,
    );
  const column = (key) => {
    const ratio = middle(times, key) / middle(base, key);
    return `${key} ${middle(times, key).toFixed(2).padStart(6)} s  ${ratio.toFixed(2)} ×`;
  };
  console.log(`${name.padEnd(20)}${column("wall")}   ${column("cpu")}`);
}

function bareLoop(paths) {
  let count = 0;
  for (const path of paths) {
    for (const line of readFileSync(path, "utf8").split("\n")) {
      if (line !== "") count += JSON.parse(line).run_index > 0 ? 1 : 0;
    }
  }
  return count;
}

/** Median and p95 of TTFT by label and context. */
async function readAndSummarise() {
  // A single file is of the first label.
  const globs = [join(folder, "a-*.jsonl"), join(folder, "b-*.jsonl")].slice(0, files);
  const read = await readTtftLogs(Object.fromEntries(globs.map((glob, i) => [labels[i], glob])));
  if (read.length !== rows) throw new Error(`${read.length} rows were read, not ${rows}`);
  const groups = new Map();
  for (const row of read) {
    if (row.outcome !== "ok" || row.ttft_seconds === null) continue;
    if (!groups.has(row.label)) groups.set(row.label, new Map());
    const byContext = groups.get(row.label);
    const group = byContext.get(row.context_target);
    if (group) group.push(row.ttft_seconds);
    else byContext.set(row.context_target, [row.ttft_seconds]);
  }
  return [...groups].flatMap(([label, byContext]) =>
    [...byContext].map(([context, values]) => {
      const { n, median, p95 } = describe(values);
      return { label, context, n, median, p95 };
    }),
  );
}

function writeLogs() {
  const source = random("bench");
  let written = 0;
  for (let file = 0; file < files; file++) {
    const lines = [];
    const upTo = Math.round(((file + 1) * rows) / files);
    for (; written < upTo; written++) {
      const context = contexts[written % contexts.length];
      const warm = written % 2;
      const ttft = (context / (warm ? 200_000 : 20_000)) * Math.exp(0.1 * source.normal());
      lines.push(
        JSON.stringify({
          run_index: warm + 1,
          context_tokens: context - 3,
          ttft_seconds: ttft,
          label: "bench",
          model: "meta-llama/Llama-3.1-8B-Instruct",
          prompt: "Summarize this text",
          prompt_kind: null,
          cache_state: warm ? "warm" : "cold",
          cache_control: warm ? "repeat" : "unique_prompt",
          cached_tokens: warm ? context - 16 : 0,
          evidence: "proven",
          evidence_source: "usage.prompt_tokens_details.cached_tokens",
          context_target: context,
          trial: 1 + (written >> 1),
          token_counter: "server /tokenize",
          connect_seconds: 0,
          first_byte_seconds: ttft - 0.0002,
          first_event_seconds: ttft - 0.0001,
          first_reasoning_seconds: null,
          e2e_seconds: ttft + 0.25,
          prompt_tokens: context + 20,
          output_tokens: 16,
          outcome: "ok",
          error: null,
          started_at: new Date(1_795_000_000_000 + written * 37).toISOString(),
        }),
      );
    }
    writeFileSync(
      join(folder, `${file % 2 ? "b" : "a"}-${String(file).padStart(3, "0")}.jsonl`),
      `${lines.join("\n")}\n`,
    );
  }
}
