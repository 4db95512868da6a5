import { rmSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { load, logs } from "firsttoken";

/** Says whether DuckDB's summaries of drawn loads are what the tables of the same rows say: `node load-summaries.mjs [LOADS]`. */
const NULLS = [
  ...[
    "burstiness",
    "concurrency",
    "scheduled_seconds",
    "recompute_ratio",
    "recomputed_tokens",
    "evidence_reason",
  ],
  ...[
    "collect_seconds",
    "load_seconds",
    "first_byte_seconds",
    "first_event_seconds",
    "e2e_seconds",
    "itl_seconds",
  ],
  ...[
    "itl_p99_seconds",
    "tpot_seconds",
    "output_tokens",
    "remark",
    "chunks",
    "content_bytes",
    "block_seconds",
    "started_at",
  ],
  ...[
    "score",
    "example_id",
    "dataset",
    "metric",
    "prediction",
    "client_cpu",
    "client_delay_seconds",
    "client_late_seconds",
  ],
  ...["client_limit", "failure", "error", "finish_reason", "status", "connect_seconds", "evidence_source"],
];
const METHODS = ["full_prefill", "prefix_cache", "cacheblend", null];
const KEYS = ["model", "method", "workload", "arrivals", "rate_per_second", "concurrency"];
const PERCENTILES = [25, 50, 75, 90, 95, 99];

/** mulberry32 by Tommy Ettinger. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function rowsOf(seed) {
  const chance = numbers(seed);
  const pick = (list) => list[Math.floor(chance() * list.length)];
  const [isShared, isTight, saysSteady, isCut] = [0.4, 0.3, 0.5, 0.3].map((share) => chance() < share);
  const counted = new Map();
  const ofBlocks = new Map();
  return Array.from({ length: 5 + Math.floor(chance() * 600) }, () => {
    const method = pick(METHODS.slice(0, 1 + (seed % 4)));
    const [isClosed, block, repeat, level] = [chance() < 0.3, pick([1, 2]), pick([1, 2]), pick([1, 2])];
    const place = JSON.stringify([method, isClosed, block, repeat, level]);
    counted.set(place, (counted.get(place) ?? 0) + 1);
    const whole = {
      block_steady: saysSteady && !isShared ? pick([true, false]) : null,
      ...(isShared && { block_measured_requests: pick([1, 10, 10]) * 3 }),
    };
    if (!ofBlocks.has(place)) ofBlocks.set(place, whole);
    const outcome = chance() < 0.1 ? pick(["error", "timeout"]) : "ok";
    return {
      ...Object.fromEntries(NULLS.map((key) => [key, null])),
      ...{
        run_index: counted.get(place),
        context_tokens: pick([3000, 6000]),
        model: "m",
        workload: "document_pool",
      },
      ...{
        label: method === "cacheblend" ? "Cache/Blend=15% é" : (method ?? "odd"),
        method,
        level,
        block,
        repeat,
      },
      ...(method === "cacheblend" && { recompute_ratio: 0.15 }),
      ...{ arrivals: isClosed ? "closed" : "poisson", rate_per_second: isClosed ? null : level * 2.5 },
      ...{ concurrency: isClosed ? level : null, phase: chance() < 0.1 ? "ramp_up" : "measured" },
      ...{ wait_seconds: chance() < 0.05 ? null : chance() / 100, outcome },
      ...(outcome !== "ok" && { error: "it failed", failure: "bad status" }),
      ttft_seconds:
        outcome !== "ok" || chance() < 0.05
          ? null
          : isTight
            ? pick([0.1, 0.1001, 0.2])
            : -Math.log(1 - chance()),
      first_reasoning_seconds: chance() < 0.3 ? chance() / 10 : null,
      evidence: pick(["proven", "contradicted", "unproven"]),
      ...{ cached_tokens: pick([null, 0, 100, 5000]), expected_cached_tokens: pick([null, 50, 3000]) },
      prompt_tokens: isCut ? pick([1000, 3100, 3200, 8000, null]) : null,
      token_counter: pick(["server /tokenize", "≈ 4 characters a token"]),
      ...(isShared && { shard: pick([0, 1]), shards: 2, block_starts_at: `2026-03-01T12:0${block}:00.000Z` }),
      ...ofBlocks.get(place),
    };
  });
}

/** What both say of a cell. A level in parts is judged by the table only, and one that is never whole has no counts in a summary. */
function asTold(row, firstOf) {
  const isShared = firstOf.shard !== undefined;
  return {
    ...{ blocks: row.blocks, requests: row.requests_n, failed: row.failed_n, cut: row.cut_n },
    ...(!isShared && { settled: row.settled, unsteady: row.unsteady_blocks }),
  };
}

/** How many requests blocks in parts lack; null of a load that one process made. */
function missingOf(rows, { label, rate_per_second: rate, concurrency }) {
  if (rows[0].shard === undefined) return null;
  const own = rows.filter(
    (row) =>
      row.phase === "measured" &&
      label.endsWith(row.label) &&
      row.rate_per_second === rate &&
      row.concurrency === concurrency,
  );
  const blocks = new Map();
  for (const row of own) {
    const block = JSON.stringify([row.block_starts_at, row.repeat, row.block]);
    blocks.set(block, [...(blocks.get(block) ?? []), row]);
  }
  return [...blocks.values()].reduce(
    (sum, of) => sum + Math.max(of[0].block_measured_requests - of.length, 0),
    0,
  );
}

let compared = 0;
for (let seed = 0; seed < Number(process.argv[2] ?? 12); seed++) {
  const rows = rowsOf(seed);
  writeFileSync("drawn.jsonl", rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  rmSync("drawn.parquet", { force: true });
  await logs.convert("drawn.jsonl", { to: "parquet", out: "drawn.parquet" });
  for (const firstToken of ["content", "any"]) {
    for (const sources of ["drawn.parquet", { A40: "drawn.parquet" }]) {
      const quiet = { onProblem() {} };
      const table = load.table(await load.read(sources, quiet), {
        firstToken,
        percentiles: PERCENTILES,
      }).rows;
      const summary = await load.summarise(sources, { firstToken, memoryGib: 0.5, ...quiet });
      const keyOf = (row) => JSON.stringify([row.label.replace(/ · .*/, ""), ...KEYS.map((key) => row[key])]);
      const found = new Map(summary.map((row) => [keyOf(row), row]));
      const same = table.every((row) => {
        const own = found.get(keyOf(row));
        if (own === undefined || own.missing_n !== missingOf(rows, own)) return false;
        if (own.blocks === 0) return row.ttft_p50_seconds === null && own.p50_seconds === null;
        const isHidden = rows[0].shard !== undefined && row.settled === false;
        const times = (of, name) => (isHidden ? [] : PERCENTILES.map((p) => of[`${name}p${p}_seconds`]));
        compared += times(own, "").filter((value) => value !== null).length;
        return (
          isDeepStrictEqual(asTold(row, rows[0]), asTold(own, rows[0])) &&
          row.n === own.n + own.tokenless_n &&
          isDeepStrictEqual(times(row, "ttft_"), times(own, ""))
        );
      });
      if (!same || found.size !== table.length)
        throw new Error(`load ${seed}, ${firstToken}: ${JSON.stringify([table, summary])}`);
    }
  }
}
console.log(compared > 100 ? "the same" : `only ${compared} quantiles were compared`);
