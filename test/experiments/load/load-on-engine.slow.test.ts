import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as load from "../../../src/api/load.js";
import * as methods from "../../../src/api/methods.js";
import * as workloads from "../../../src/api/workloads.js";
import { connect } from "../../../src/client/connect.js";
import type { Server } from "../../../src/client/server.js";
import { type EngineHere, engineHere } from "../../support/engine-here.js";

const room = mkdtempSync(join(tmpdir(), "load-"));
let logs = 0;
const newLog = () => join(room, `${logs++}.jsonl`);

let served: EngineHere;
let server: Server;
beforeAll(async () => {
  served = await engineHere();
  server = await connect(served.url);
});
afterAll(async () => {
  server.close();
  await served.close();
  rmSync(room, { recursive: true });
});

const pool = workloads.documentPool({ documents: 6, tokens: 64, perRequest: 2 });

describe("a load on the embedded engine", () => {
  it("proves of each request what its method found, at every level of both kinds", async () => {
    const log = newLog();
    const compared = {
      "Full prefill": methods.fullPrefill(server),
      "Full KV reuse": methods.fullKvReuse(server),
    };
    const shared = { methods: compared, workload: pool, requests: 8, blocks: 2, log };
    const closed = await load.run({ ...shared, concurrency: [1, 3] });
    const rows = await load.run({ ...shared, log: newLog(), ratesPerSecond: [40], arrivals: "constant" });
    expect(await load.read(log)).toHaveLength(closed.length);

    for (const row of [...closed, ...rows]) {
      expect(row).toMatchObject({ outcome: "ok", workload: "document_pool", model: "tiny" });
      expect(row.context_tokens).toBe(128);
      expect(row.prompt_tokens).toBeGreaterThan(128);
      // The engine's own tokenizer counts: the plan is exact.
      expect(row.planned_prompt_tokens).toBe(row.prompt_tokens);
      expect(row.documents).toHaveLength(2);
      if (row.label === "Full prefill") {
        expect(row).toMatchObject({ evidence: "proven", cached_tokens: 0, expected_cached_tokens: 0 });
      } else {
        expect(row.evidence).not.toBe("contradicted");
        expect(row.cached_tokens).toBeGreaterThanOrEqual(row.expected_cached_tokens!);
      }
    }
    expect(rows.some(({ label, evidence }) => label === "Full KV reuse" && evidence === "proven")).toBe(true);
    const phases = (of: typeof rows) => of.slice(0, 6).map(({ phase }) => phase);
    // Blocks of four at one request under way: one before them, one behind.
    expect(phases(closed)).toEqual(["ramp_up", ...Array(4).fill("measured"), "ramp_down"]);
    expect(rows.slice(0, 6).map(({ scheduled_seconds }) => scheduled_seconds)).toEqual(
      [0, 1, 2, 3, 4, 5].map((place) => expect.closeTo(place / 40, 6)),
    );
  });

  it("ramps a rate for all labels alike, and says of each request at which rate it came", async () => {
    const compared = { one: methods.prefixCache(server), two: methods.prefixCache(server) };
    const log = newLog();
    const rows = await load.run({
      ...{ methods: compared, workload: workloads.unique({ promptTokens: 64, outputTokens: 2 }), log },
      ramp: { startPerSecond: 10, endPerSecond: 40, seconds: 2 },
    });
    const of = (label: string) => rows.filter((row) => row.label === label);
    const told = (label: string) =>
      // Seconds since the block's start, which is another moment for each.
      of(label).map(({ scheduled_seconds, ramp_rate_per_second }) => [
        scheduled_seconds!.toFixed(9),
        ramp_rate_per_second!.toFixed(9),
      ]);
    expect(told("one")).toEqual(told("two"));
    // 25 a second for 2 s, a tenth of the time before at 10 a second, and behind at 40.
    const count = (phase: string) => of("one").filter((row) => row.phase === phase).length;
    expect(["ramp_up", "measured", "ramp_down"].map(count)).toEqual([2, 50, 8]);
    const measured = of("one").filter(({ phase }) => phase === "measured");
    const begin = measured[0]!.scheduled_seconds!;
    for (const row of measured) {
      expect(row.ramp_rate_per_second).toBeCloseTo(10 + 15 * (row.scheduled_seconds! - begin), 9);
      expect(row).toMatchObject({
        rate_per_second: null,
        concurrency: null,
        arrivals: "poisson",
        block_steady: null,
      });
      expect(row).toMatchObject({ ramp_strategy: "linear", ramp_seconds: 2 });
    }
    expect(new Set(rows.map(({ ramp_start_per_second: s, ramp_end_per_second: e }) => `${s} ${e}`))).toEqual(
      new Set(["10 40"]),
    );
    const table = load.table(await load.read(log));
    expect(table.rows).toHaveLength(2 * 4);
    expect(table.rows.reduce((sum, { n }) => sum + n, 0)).toBe(100);
    await expect(
      load.run({
        ...{ methods: compared, workload: workloads.unique({ promptTokens: 64, outputTokens: 2 }), log },
        ...{ ramp: { startPerSecond: 10, endPerSecond: 41, seconds: 2 }, resume: true },
      }),
    ).rejects.toThrow("ramp");
  });
});
