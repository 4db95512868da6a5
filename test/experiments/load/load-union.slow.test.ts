import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as load from "../../../src/api/load.js";
import * as methods from "../../../src/api/methods.js";
import * as workloads from "../../../src/api/workloads.js";
import { connect } from "../../../src/client/connect.js";
import type { Server } from "../../../src/client/server.js";
import type { LoadRecord } from "../../../src/domain/records/record-kinds.js";
import { type EngineHere, engineHere } from "../../support/engine-here.js";

const SHARDS = 3;
const room = mkdtempSync(join(tmpdir(), "load-union-"));
let served: EngineHere;
let server: Server;
let slotSeconds = 15;
const run = join(room, "run");
const alone = join(room, "alone.jsonl");
const logOf = (folder: string, index: number) => join(folder, `shard=${index}`, "log.jsonl");
const manifestOf = (log: string) => JSON.parse(readFileSync(`${log}.meta.json`, "utf8"));
const asked = () => ({
  methods: { "Full prefill": methods.fullPrefill(server), "Prefix cache": methods.prefixCache(server) },
  workload: workloads.sharedPrefix({ sharedTokens: 96, ownTokens: 64, outputTokens: 2 }),
  ...{ ratesPerSecond: [10], requests: 32, blocks: 1, seed: 3 },
});
let merged: Awaited<ReturnType<typeof load.read>>;
let single: readonly LoadRecord[];

beforeAll(async () => {
  served = await engineHere();
  server = await connect(served.url, { shared: true });
  const before = Date.now();
  single = await load.run({ ...asked(), log: alone });
  // Its requests come in 8.6 s; what else it took, three parts at once take three times, and more on a busy machine.
  const busySeconds = Math.max(1, (Date.now() - before) / 1_000 - 8.6);
  slotSeconds = Math.ceil(8 + 2 * busySeconds);
  const startAt = new Date(Date.now() + 1_000 * (3 + 4 * busySeconds));
  const parts = Array.from({ length: SHARDS }, (_, index) =>
    load.run({ ...asked(), log: run, shard: { index, count: SHARDS }, startAt, slotSeconds }),
  );
  await Promise.all(parts);
  merged = await load.read(run);
}, 120_000);
afterAll(async () => {
  server.close();
  await served.close();
  rmSync(room, { recursive: true });
});

/** A copy of the run, to be damaged. */
const copyOf = () => {
  const copy = join(mkdtempSync(join(room, "copy-")), "run");
  cpSync(run, copy, { recursive: true });
  return copy;
};

describe("a load made by several parts at once", () => {
  it("sends the requests of one machine's plan, each once, when they are due there", () => {
    const plan = (rows: readonly LoadRecord[]) =>
      rows
        .map(({ label, block, run_index, scheduled_seconds, phase, prompt_tokens }) => ({
          ...{ label, block, run_index, phase, prompt_tokens },
          scheduled_seconds: Number(scheduled_seconds!.toFixed(6)),
        }))
        .sort((a, b) => String(a.label).localeCompare(String(b.label)) || a.run_index - b.run_index);
    expect(plan(merged)).toEqual(plan(single));
    expect(new Set(merged.map(({ shard }) => shard))).toEqual(new Set([0, 1, 2]));
    expect(manifestOf(logOf(run, 0)).options.plan_id).toBe(manifestOf(alone).options.plan_id);
  });

  it("starts together, and says how late each part was and how the server's clock stands to its own", () => {
    const starts = new Set(merged.map(({ label, block_starts_at }) => `${label} ${block_starts_at}`));
    expect(starts.size).toBe(2);
    for (const row of merged) {
      const due = Date.parse(row.block_starts_at!) / 1_000 + row.scheduled_seconds!;
      const began = due + row.shard_late_seconds! + row.wait_seconds!;
      expect(Date.parse(row.started_at!) / 1_000).toBeCloseTo(began, 1);
      // Both are on this machine.
      expect(Math.abs(row.clock_offset_seconds!)).toBeLessThanOrEqual(row.clock_offset_error_seconds! + 0.05);
    }
    expect(manifestOf(logOf(run, 1)).options.clock.within).toBeGreaterThan(0);
  });

  it("finds in the server's cache what other parts have left there, and so proves reuse", () => {
    const warm = merged.filter(
      ({ label, expected_cached_tokens }) => label === "Prefix cache" && expected_cached_tokens! > 0,
    );
    const first = merged.find(({ label, run_index }) => label === "Prefix cache" && run_index === 1)!;
    const ofOthers = warm.filter(({ shard }) => shard !== first.shard);
    expect(ofOthers.length).toBeGreaterThan(0);
    expect(ofOthers.every(({ cached_tokens }) => cached_tokens! > 0)).toBe(true);
    expect(merged.map(({ evidence }) => evidence)).not.toContain("contradicted");
    expect(merged.every(({ block_counted_cached_tokens }) => block_counted_cached_tokens === null)).toBe(
      true,
    );
  });

  it("goes on where it stopped when a part is started again, and leaves out blocks whose time is over", async () => {
    const copy = copyOf();
    const [first, second] = [...new Set(merged.map(({ block_starts_at }) => block_starts_at!))].sort();
    const notes: string[] = [];
    const again = {
      ...asked(),
      log: copy,
      startAt: first!,
      slotSeconds,
      onLeftOut: (note: string) => notes.push(note),
    };
    const whole = readFileSync(logOf(copy, 0), "utf8");
    await load.run({ ...again, shard: { index: 0, count: SHARDS } });
    expect(readFileSync(logOf(copy, 0), "utf8")).toBe(whole);
    const kept = whole.split("\n").filter((line) => line.includes(first!));
    writeFileSync(logOf(copy, 0), `${kept.join("\n")}\n`);
    await load.run({ ...again, shard: { index: 0, count: SHARDS } });
    expect(notes).toEqual([
      expect.stringContaining(`This part was not ready when its time came (${second})`),
    ]);
    await expect(load.read(copy)).rejects.toThrow("lacks 1 of 2 cells: not measured in full");
  });

  it("is not begun when the time of all its blocks is over", async () => {
    const late = { ...asked(), log: join(room, "late"), shard: { index: 0, count: SHARDS }, slotSeconds };
    await expect(load.run({ ...late, startAt: "2026-03-01T12:00:00Z" })).rejects.toThrow(
      "startAt must lie ahead: the time of every block is over",
    );
    await expect(load.run({ ...late, startAt: "2026-03-01 12:00" })).rejects.toThrow(
      "startAt must be a date with its time and zone",
    );
  });
});
