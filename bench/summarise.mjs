// Summarises 10,000,000 TTFT rows (3.6 GB) without holding them, and compares with a loop that only parses the lines.
// Prints rows a second, the ratio of the two and the peak memory of a process of its own. Run `npm run build` first.
//
//   node bench/summarise.mjs [rows] [files]
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { visitLines } from "../dist/logs/files/jsonl.js";
import { summariseTtftLogs } from "../dist/logs/summarise-ttft-logs.js";
import { random } from "../dist/stats/random.js";

const [first, second] = process.argv.slice(2);
if (first === "measure") await measure(second, process.argv.slice(4));
else await compare(Number(first ?? 10_000_000), Number(second ?? 10));

async function compare(rows, files) {
  const folder = mkdtempSync(join(tmpdir(), "summarise-"));
  try {
    const paths = writeLogs(folder, rows, files);
    const run = (what) => {
      const args = [fileURLToPath(import.meta.url), "measure", what, ...paths];
      const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
      if (status !== 0) throw new Error(stderr);
      return JSON.parse(stdout);
    };
    const parsed = run("parse");
    const summarised = run("summarise");
    console.table(summarised.summary.slice(0, 4));
    for (const [name, { seconds, rows, rss }] of Object.entries({ parsed, summarised })) {
      const speed = Math.round(rows / seconds).toLocaleString("en-US");
      console.log(
        `${name.padEnd(12)}${rows.toLocaleString("en-US")} rows, ${speed} rows/s, peak RSS ${Math.round(rss / 1e6)} MB`,
      );
    }
    console.log(`summarised / parsed  ${(summarised.seconds / parsed.seconds).toFixed(2)} × the time`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(what, paths) {
  const start = performance.now();
  let rows = 0;
  let summary = [];
  if (what === "parse") {
    for (const path of paths)
      visitLines(path, (text) => {
        if (JSON.parse(text).run_index > 0) rows++;
      });
  } else {
    summary = await summariseTtftLogs(paths);
    rows = summary.reduce((sum, { n, failed_n }) => sum + n + failed_n, 0);
  }
  const seconds = (performance.now() - start) / 1000;
  process.stdout.write(
    JSON.stringify({ rows, seconds, rss: process.resourceUsage().maxRSS * 1024, summary }),
  );
}

function writeLogs(folder, rows, files) {
  const source = random("bench");
  const contexts = [1000, 2000, 4000, 8000, 16000];
  let written = 0;
  return Array.from({ length: files }, (_, file) => {
    const path = join(folder, `${String(file).padStart(3, "0")}.jsonl`);
    const out = openSync(path, "w");
    const upTo = Math.round(((file + 1) * rows) / files);
    while (written < upTo) {
      const lines = [];
      for (; written < upTo && lines.length < 10_000; written++) lines.push(line(source, contexts, written));
      writeSync(out, lines.join(""));
    }
    closeSync(out);
    return path;
  });
}

function line(source, contexts, index) {
  const context = contexts[index % contexts.length];
  const warm = (index >> 3) % 2;
  const ttft = (context / (warm ? 200_000 : 20_000)) * Math.exp(0.1 * source.normal());
  const failed = index % 1_000 === 0;
  return `${JSON.stringify({
    run_index: warm + 1,
    context_tokens: context - 3,
    ttft_seconds: failed ? null : ttft,
    label: index % 2 ? "vLLM" : "LMCache",
    model: "meta-llama/Llama-3.1-8B-Instruct",
    prompt: "Summarize this text",
    cache_state: warm ? "warm" : "cold",
    cached_tokens: warm ? context - 16 : 0,
    evidence: "proven",
    evidence_source: "usage.prompt_tokens_details.cached_tokens",
    context_target: context,
    trial: 1 + (index >> 1),
    e2e_seconds: failed ? null : ttft + 0.25,
    outcome: failed ? "timeout" : "ok",
    error: failed ? "no byte in 300 s" : null,
    started_at: new Date(1_795_000_000_000 + index * 37).toISOString(),
  })}\n`;
}
