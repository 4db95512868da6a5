import { describe, expect, it } from "vitest";
import * as quality from "../../../src/api/quality.js";
import type { QualityRecord } from "../../../src/domain/records/record-kinds.js";
import { parseQualityRecord } from "../../../src/logs/records/record-lines.js";
import { unboundedMean } from "../../../src/stats/unbounded-difference.js";

/** Methods by label: [method, ratio, KL of example i, loss of example i]. */
const METHODS = {
  "Full prefill": ["full_prefill", null, () => 0, (i: number) => 2 + i / 10],
  "Full KV reuse": ["full_kv_reuse", 0, (i: number) => 0.8 + i / 10, (i: number) => 3 + i / 10],
  "CacheBlend 15%": ["cacheblend", 0.15, (i: number) => 0.4 + i / 20, (i: number) => 2.5 + i / 10],
} as const;

const rowsOf = (more: (label: string, i: number) => object = () => ({}), count = 10): QualityRecord[] =>
  Object.entries(METHODS).flatMap(([label, [method, recompute_ratio, kl, nll]]) =>
    Array.from({ length: count }, (_, i) =>
      parseQualityRecord({
        ...{ example_id: String(i), dataset: "2wikimqa", metric: "token_f1", score: 0.5, references: ["a"] },
        ...{
          label,
          method,
          recompute_ratio,
          outcome: "ok",
          error: null,
          evidence: "proven",
          ttft_seconds: 1,
        },
        ...{ kl_nats: kl(i), kl_mass: 0.97, top1_agreement: 0.75, reference_nll: nll(i) },
        ...more(label, i),
      }),
    ),
  );

describe("the table of divergence", () => {
  it("has means, their intervals, and what differs from full prefill on the same examples", () => {
    const table = quality.divergenceTable(rowsOf());
    const [full, reuse, blend] = table.rows;
    expect(full).toMatchObject({ label: "Full prefill", is_baseline: true, n: 10, kl_nats: 0, kl_high: 0 });
    expect(reuse).toMatchObject({
      label: "Full KV reuse",
      top1_agreement: 0.75,
      kl_mass: expect.closeTo(0.97),
    });
    expect(reuse!.kl_nats).toBeCloseTo(1.25);
    expect(reuse!.kl_difference).toBeCloseTo(1.25);
    expect(reuse!.kl_p).toBeLessThan(0.05);
    // Every example loses exactly as much.
    expect(reuse!.reference_difference).toBeCloseTo(1);
    expect(reuse!.reference_difference_low).toBeCloseTo(1);
    expect(blend!.kl_nats).toBeCloseTo(0.625);
    expect(blend!.kl_low!).toBeLessThan(0.625);
    expect(blend!.kl_high!).toBeGreaterThan(0.625);
    expect(blend!.reference_nll).toBeCloseTo(2.95);
    expect(table.text).toContain("75.0");
    expect(table.text.replaceAll(/\s+/g, " ")).toContain("The KL is a lower bound");
  });

  it("goes beyond 1, where scores would have no interval", () => {
    const { rows } = quality.divergenceTable(rowsOf((_, i) => ({ kl_nats: 3 + i })));
    expect(rows[1]).toMatchObject({ kl_nats: 7.5, kl_low: expect.any(Number), kl_high: expect.any(Number) });
  });

  it("counts no failed, contradicted or unknown one, and says why they are not known", () => {
    const rows = rowsOf((_, i) => {
      if (i === 0) return { outcome: "error", error: "gone" };
      if (i === 1) return { evidence: "contradicted" };
      return i === 2 ? { kl_nats: null, divergence_reason: "full prefill's answer is empty" } : {};
    });
    const table = quality.divergenceTable(rows);
    expect(table.rows.map(({ n }) => n)).toEqual([7, 7, 7]);
    expect(table.text).toMatch(/Incomplete for 3 requests: full prefill's answer is empty\./);
  });

  it("has no interval of a few, and nothing of logs that were not asked", () => {
    expect(quality.divergenceTable(rowsOf(undefined, 3)).rows[1]).toMatchObject({ n: 3, kl_low: null });
    const unasked = { kl_nats: null, kl_mass: null, top1_agreement: null, reference_nll: null };
    expect(quality.divergenceTable(rowsOf(() => unasked)).rows[1]).toMatchObject({ n: 0, kl_nats: null });
  });

  it("does not call a KL of whole distributions a bound", () => {
    expect(quality.divergenceTable(rowsOf(() => ({ kl_mass: 1 }))).text).not.toContain("lower bound");
  });
});

describe("the chart of divergence", () => {
  it("has the blends against r, between full prefill and full KV reuse", () => {
    const { data, layout } = quality.divergenceChart(rowsOf()).figure as unknown as {
      data: { name: string; x: number[]; y: number[] }[];
      layout: { yaxis: { title: { text: string } } };
    };
    expect(layout.yaxis.title.text).toBe("KL (nats)");
    expect(data.map(({ name }) => name)).toEqual(["CacheBlend", "Full prefill", "Full KV reuse"]);
    expect(data[0]).toMatchObject({ x: [0.15], y: [expect.closeTo(0.625)] });
    expect(data[1]!.y).toEqual([0, 0]);
  });

  it("has EPIC at the share that it came to, a curve of its own", () => {
    const rows = [4, 16].flatMap((k) =>
      rowsOf().flatMap((row) =>
        row.label === "CacheBlend 15%"
          ? [
              {
                ...row,
                ...{ label: `EPIC ${k}`, method: "epic", recompute_ratio: null, tokens_per_chunk: k },
                recomputed_ratio: k / 100,
              } as QualityRecord,
            ]
          : [],
      ),
    );
    const { data } = quality.divergenceChart([...rowsOf(), ...rows]).figure as unknown as {
      data: { name: string; x: number[] }[];
    };
    const epic = data.find(({ name }) => name === "EPIC");
    expect(epic?.x).toEqual([expect.closeTo(0.04), expect.closeTo(0.16)]);
  });
});

describe("the interval of an unbounded mean", () => {
  it("holds the mean of a skewed distribution about as often as it says", () => {
    // 300 samples of 20 from an exponential distribution of mean 1, by a fixed sequence.
    let state = 1;
    const uniform = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    let held = 0;
    for (let sample = 0; sample < 300; sample++) {
      const values = Float64Array.from({ length: 20 }, () => -Math.log(uniform()));
      const { low, high } = unboundedMean(values, { resamples: 400 }) as { low: number; high: number };
      if (low <= 1 && high >= 1) held += 1;
    }
    expect(held / 300).toBeGreaterThan(0.88);
    expect(held / 300).toBeLessThan(0.98);
  });
});
