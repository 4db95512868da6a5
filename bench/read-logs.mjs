// Reads and summarises 1,000,000 TTFT rows in 200 files, and compares with a bare JSON.parse loop over the same files; then
// reads the rows as 1,000 logs of 1,000 and as one log of 1,000,000. The rounds are paired, and which of the two comes first
// alternates; prints each round's ratio of wall times and of CPU seconds, all threads together. The budgets are 1.5 × and
// 2 × of the wall time in every round. Run `npm run build` first.
//
//   node bench/read-logs.mjs [rows] [files] [rounds]
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { readTtftLogs } from "../dist/logs/read-ttft-logs.js";
import { quantile } from "../dist/stats/quantile.js";
import { random } from "../dist/stats/random.js";
import { summary as describe } from "../dist/stats/summary.js";

const [rows = 1_000_000, files = 200, rounds = 10] = process.argv.slice(2).map(Number);
const labels = ["vLLM", "vLLM + LMCache"];
const contexts = [1000, 2000, 4000, 8000, 16000];
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

const folder = mkdtempSync(join(tmpdir(), "read-logs-"));
try {
  const some = join(folder, "some");
  writeLogs(some, files);
  const paths = readdirSync(some).map((name) => join(some, name));
  let summary;
  const read = async () => (summary = await readAndSummarise(some));
  await compare(`${words(files)} read and summarised ÷ JSON.parse loop`, read, () => bareLoop(paths), 1.5);
  console.table(summary);
  const [many, one] = [join(folder, "many"), join(folder, "one")];
  const logs = Math.max(1, Math.round(rows / 1000));
  writeLogs(many, logs);
  writeLogs(one, 1);
  const all = (place) => async () => {
    const { length } = await readTtftLogs(join(place, "*.jsonl"));
    if (length !== rows) throw new Error(`${length} rows were read, not ${rows}`);
  };
  await compare(`${words(logs)} ÷ one log`, all(many), all(one), 2);
} finally {
  rmSync(folder, { recursive: true });
}

function words(count) {
  return `${rows.toLocaleString("en")} rows in ${count.toLocaleString("en")} logs`;
}

/** Prints the ratios of paired rounds: wall and CPU seconds. The first pair, while code is compiled, is not counted. */
async function compare(what, act, base, most) {
  const pairs = [];
  for (let round = 0; round <= rounds; round++) {
    const isFirst = round % 2 === 0;
    const early = await timed(isFirst ? act : base);
    const late = await timed(isFirst ? base : act);
    if (round > 0) pairs.push(isFirst ? [early, late] : [late, early]);
  }
  console.log(what);
  for (const key of ["wall", "cpu"]) {
    const ratios = pairs.map(([ours, theirs]) => ours[key] / theirs[key]);
    const middle = (which) =>
      quantile(
        pairs.map((pair) => pair[which][key]),
        0.5,
      ).toFixed(2);
    const within = ratios.filter((ratio) => ratio <= most).length;
    console.log(
      `  ${key.padEnd(4)} ${middle(0)} s ÷ ${middle(1)} s: median ${quantile(ratios, 0.5).toFixed(2)} ×, ${within} of ${rounds} within ${most} ×: ${ratios.map((ratio) => ratio.toFixed(2)).join(" ")}`,
    );
  }
}

/** Wall and CPU seconds; on a shared machine the CPU time is the quieter of the two. */
async function timed(act) {
  collectGarbage();
  const cpu = process.cpuUsage();
  const start = performance.now();
  await act();
  const wall = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, cpu: (user + system) / 1e6 };
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
async function readAndSummarise(place) {
  // A single file is of the first label.
  const globs = [join(place, "a-*.jsonl"), join(place, "b-*.jsonl")].slice(0, files);
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

function writeLogs(place, files) {
  mkdirSync(place);
  const source = random("bench");
  let written = 0;
  for (let file = 0; file < files; file++) {
    const path = join(place, `${file % 2 ? "b" : "a"}-${String(file).padStart(4, "0")}.jsonl`);
    let lines = [];
    const upTo = Math.round(((file + 1) * rows) / files);
    for (; written < upTo; written++) {
      const context = contexts[written % contexts.length];
      const warm = written % 2;
      const ttft = (context / (warm ? 200_000 : 20_000)) * Math.exp(0.1 * source.normal());
      // One text can't hold a million lines.
      if (lines.length === 10_000) {
        appendFileSync(path, lines.join(""));
        lines = [];
      }
      lines.push(
        `${JSON.stringify({
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
        })}\n`,
      );
    }
    appendFileSync(path, lines.join(""));
  }
}
