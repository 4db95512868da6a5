/**
 * The constants of the table in docs/scale.md: what planning, making prompts and merging cost on this machine. `node
 * bench/scale.mjs`; compares nothing.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blocksOf, levelsOf } from "../dist/experiments/load/levels.js";
import { ownersOf } from "../dist/experiments/load/load-parts.js";
import { connect, engine, load, methods, ttft, workloads } from "../dist/index.js";
import { arrivalTimes } from "../dist/load/schedule.js";
import { random } from "../dist/stats/random.js";
import { openaiCounter } from "../dist/tokens/local-tokenizers.js";

const folder = mkdtempSync(join(tmpdir(), "scale-"));
const cpu = async (work) => {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (user + system) / 1e6, result };
};
const say = (what, value, unit) => console.log(`${what.padEnd(48)} ${value.toPrecision(3)} ${unit}`);

const requests = 1_000_000;
const plan = {
  labels: ["A"],
  levels: levelsOf({ ratesPerSecond: [2_000] }),
  repeats: 1,
  requestsAt: () => requests,
};
const planning = await cpu(() => {
  for (const block of blocksOf(plan, random(1))) {
    const { rampUp, measured, rampDown } = block.sizes;
    ownersOf(block, "poisson", 1_000, random(2));
    arrivalTimes(
      rampUp + measured + rampDown,
      { kind: "steady", ratePerSecond: 2_000 },
      { kind: "poisson" },
      random(3),
    );
  }
});
say("planning, a request of the whole", (1e6 * planning.seconds) / (1.3 * requests), "µs");

const tokens = openaiCounter("gpt-4o");
const draw = { texts: random("texts"), order: random("order"), before: 0 };
const unique = workloads.unique({ promptTokens: 2_000 });
await unique.requests(tokens, { ...draw, count: 20 });
const own = await cpu(() => unique.requests(tokens, { ...draw, count: 200 }));
say("a prompt of 2,000 tokens of its own", (1e3 * own.seconds) / 200, "ms");
const others = await cpu(() => unique.requests(tokens, { ...draw, count: 200_000, isSent: () => false }));
say("a prompt that another part sends", (1e6 * others.seconds) / 200_000, "µs");

const serving = await engine.serve({ model: "tiny" });
const server = await connect(serving.url);
const log = join(folder, "one.jsonl");
const rows = await load.run({
  ...{
    methods: { "Full prefill": methods.fullPrefill(server) },
    workload: workloads.unique({ promptTokens: 64 }),
  },
  ...{ concurrency: [4], requests: 40, blocks: 1, log },
});
await ttft.run({ server, contextTokens: [64], runs: 5, log: join(folder, "ttft.jsonl") });
server.close();
await serving.close();
const bytesOf = (path) => readFileSync(path).length / readFileSync(path, "utf8").trimEnd().split("\n").length;
say("a row of a load", bytesOf(log), "bytes");
say("a row of a sweep", bytesOf(join(folder, "ttft.jsonl")), "bytes");

const manifest = JSON.parse(readFileSync(`${log}.meta.json`, "utf8"));
const { lines: _lines, ...page } = manifest;
const parts = async (count, each) => {
  const run = join(folder, `run-${count}-${each}`);
  for (let index = 0; index < count; index++) {
    mkdirSync(join(run, `shard=${index}`), { recursive: true });
    const path = join(run, `shard=${index}`, "log.jsonl");
    const own = Array.from({ length: each }, (_, place) => ({
      ...rows[0],
      ...{ run_index: index + place * count + 1, ttft_seconds: Math.random(), shard: index, shards: count },
      ...{ block_starts_at: "2026-03-01T12:00:00.000Z", block_measured_requests: count * each },
    }));
    writeFileSync(path, own.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const cells = { "Full prefill × 4, repeat 1, block 1": count * each };
    const options = { ...page.options, shard: { index, count }, cell_requests: cells };
    writeFileSync(`${path}.meta.json`, JSON.stringify({ ...page, options }));
  }
  return cpu(() => load.read(run));
};
await parts(10, 100);
const few = await parts(10, 10_000);
const many = await parts(1_000, 100);
const perRow = few.seconds / 100_000;
say("merging, a row", 1e6 * perRow, "µs");
say("merging, a part beside its rows", (1e3 * (many.seconds - 100_000 * perRow)) / 1_000, "ms");
rmSync(folder, { recursive: true });
