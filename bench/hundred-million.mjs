/**
 * What `load.summarise` takes for many rows of Parquet: time, memory, bytes read and spilled. Needs `npm install --no-save
 * @duckdb/node-api`. `node bench/hundred-million.mjs [rows] [memory in GiB]`; compares nothing.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { load } from "../dist/index.js";

const [rows = "1e8", gib = "2", made] = process.argv.slice(2);
const METHODS = { "Full prefill": "full_prefill", "Prefix cache": "prefix_cache" };
const LEVELS = [50, 100, 200, 400];
const SHARDS = 1_000;

if (made !== undefined) await summarise(made);
else {
  const folder = mkdtempSync(join(tmpdir(), "rows-"));
  try {
    const begin = performance.now();
    await make(folder);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
    say("rows", Number(rows).toLocaleString("en-US"));
    say("Parquet, label × level", `${(bytes / 1e9).toPrecision(3)} GB in ${files.length} files`);
    say("made in", seconds(begin));
    execFileSync(process.execPath, [fileURLToPath(import.meta.url), rows, gib, folder], { stdio: "inherit" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Log-normal times by DuckDB, in blocks that 1,000 parts have sent, with the columns that a load has. */
async function make(folder) {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  await connection.run(
    "SET memory_limit = '2GiB'; SET preserve_insertion_order = false; SELECT setseed(0.5)",
  );
  const cells = Object.keys(METHODS).length * LEVELS.length;
  const each = Math.round(Number(rows) / cells);
  for (const [label, method] of Object.entries(METHODS)) {
    for (const [place, rate] of LEVELS.entries()) {
      const to = join(folder, `label=${encodeURIComponent(label)}`, `level=${place + 1}`);
      mkdirSync(to, { recursive: true });
      const block = Math.ceil(each / 6);
      const normal = "sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())";
      await connection.run(`COPY (
        SELECT 1 + i % ${block} AS run_index, 2000::DOUBLE AS context_tokens, ${0.05 * (place + 1)} * exp(0.7 * ${normal}) AS ttft_seconds,
          'llama-8b' AS model, 'unique' AS workload, 'poisson' AS arrivals, ${rate}::DOUBLE AS rate_per_second, 1 AS repeat,
          1 + i // ${block} AS block, i % ${SHARDS} AS shard, ${SHARDS} AS shards,
          '2026-03-01T12:0' || (i // ${block}) || ':00.000Z' AS block_starts_at, least(${block}, ${each} - i // ${block} * ${block}) AS block_measured_requests,
          'measured' AS phase, random() / 1000 AS wait_seconds, '${method}' AS method, 'proven' AS evidence,
          2040 + i % 7 AS prompt_tokens, 0 AS cached_tokens, 'server /tokenize' AS token_counter,
          1 + (i % 9973) / 1e4 AS e2e_seconds, (i % 997) / 1e5 AS itl_seconds, CASE WHEN random() < 0.001 THEN 'error' ELSE 'ok' END AS outcome
        FROM range(${each}) AS made(i)) TO '${join(to, "part-0.parquet")}' (FORMAT parquet)`);
    }
  }
}

async function summarise(folder) {
  const [begin, before] = [performance.now(), io()];
  const found = await load.summarise(folder, { memoryGib: Number(gib) });
  const after = io();
  say("DuckDB's memory limit", `${gib} GiB`);
  say("summarised in", seconds(begin));
  say("CPU", `${((process.cpuUsage().user + process.cpuUsage().system) / 1e6).toPrecision(3)} s`);
  say(
    "peak memory of the process",
    `${(Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 2 ** 20).toPrecision(3)} GiB`,
  );
  say("read, spilled rows included", `${((after.rchar - before.rchar) / 1e9).toPrecision(3)} GB`);
  say("spilled", `${((after.wchar - before.wchar) / 1e9).toPrecision(3)} GB`);
  const [row] = found;
  say(`${found.length} rows; the first`, `n = ${row.n}, p50 ${row.p50_seconds}, p99 ${row.p99_seconds}`);
}

function io() {
  const text = readFileSync("/proc/self/io", "utf8");
  return Object.fromEntries(
    [...text.matchAll(/(\w+): (\d+)/g)].map(([, name, value]) => [name, Number(value)]),
  );
}

function say(what, value) {
  console.log(`${what.padEnd(30)} ${value}`);
}

function seconds(begin) {
  return `${((performance.now() - begin) / 1e3).toPrecision(3)} s`;
}
