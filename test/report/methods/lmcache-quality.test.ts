import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readQualityLogs } from "../../../src/logs/read-method-logs.js";
import { qualityTable } from "../../../src/report/methods/quality-table.js";
import { nonInferiority } from "../../../src/stats/non-inferiority.js";

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../fixtures/foreign/lmcache/${name}.json`, import.meta.url));

describe("two rag_qa_quality.json of LMCache", () => {
  it("of one run fingerprint are compared pair by pair, as answers of this package are", async () => {
    const rows = await readQualityLogs({ full: fixture("rag_full"), blend: fixture("rag_blend") });
    const table = qualityTable(rows, { baseline: "full" });
    const blend = table.rows.find(({ label }) => label === "blend")!;
    // q5 has no tag in one file, q7 failed in the other: six pairs, of which q3 lost 0.2.
    expect(blend).toMatchObject({
      dataset: "musique",
      metric: "lmcache_f1",
      baseline: "full",
      pairs: 6,
      failed_n: 1,
    });
    expect(blend.difference).toBeCloseTo(-0.2 / 6, 10);
    const pairs = [1, 0.5, 0, 1, 0.6667, 0.8].map((a, i) => [a, i === 3 ? 0.8 : a] as const);
    expect(blend.non_inferior).toBe(nonInferiority(pairs, { margin: 0.02 }).verdict);
    expect(blend.speedup).toBeGreaterThan(2.5);
    expect(table.alarms).toEqual([]);
  });

  it("of two are not compared, for the reason", async () => {
    const rows = await readQualityLogs({ full: fixture("rag_full"), other: fixture("rag_other") });
    const table = qualityTable(rows, { baseline: "full" });
    const other = table.rows.find(({ label }) => label.startsWith("other"))!;
    expect(other).toMatchObject({
      baseline: null,
      pairs: null,
      difference: null,
      p: null,
      non_inferior: null,
    });
    expect(table.toString()).toMatch(/full was not measured with the run fingerprint fedcba9876543210/);
  });

  it("have their parse rate, and no method's name made up", async () => {
    const rows = await readQualityLogs({ full: fixture("rag_full"), blend: fixture("rag_blend") });
    expect(rows[5]).toMatchObject({
      score: null,
      answer_parsed: false,
      outcome: "ok",
      method: null,
      references: [],
    });
    expect(rows.at(-1)).toMatchObject({ score: null, outcome: "error", ttft_seconds: null });
    const full = qualityTable(rows, { baseline: "full" }).rows.find(({ label }) => label === "full")!;
    expect(full.parse_rate).toBe(7 / 8);
  });
});
