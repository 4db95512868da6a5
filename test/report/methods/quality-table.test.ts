import { describe, expect, it } from "vitest";
import type { QualityRecord } from "../../../src/domain/records/record-kinds.js";
import { qualityTable } from "../../../src/report/methods/quality-table.js";

const methods = {
  "Full prefill": "full_prefill",
  "Full KV reuse": "full_kv_reuse",
  "CacheBlend 15%": "cacheblend",
} as const;

/** A record of one example under one method; the rest is what a good, proven answer has. */
const row = (
  label: keyof typeof methods,
  example: number,
  score: number | null,
  more: Partial<QualityRecord> = {},
): QualityRecord =>
  ({
    example_id: `example-${example}`,
    dataset: "multihop",
    metric: "token_f1",
    score,
    prediction: "job6",
    references: ["job6"],
    label,
    model: "tiny",
    method: methods[label],
    recompute_ratio: label === "CacheBlend 15%" ? 0.15 : null,
    collect_seconds: null,
    load_seconds: null,
    recomputed_tokens: null,
    context_tokens: 180,
    ttft_seconds: label === "Full prefill" ? 0.02 : 0.005,
    connect_seconds: 0,
    first_byte_seconds: null,
    first_event_seconds: null,
    first_reasoning_seconds: null,
    e2e_seconds: null,
    prompt_tokens: 180,
    output_tokens: 1,
    cached_tokens: null,
    evidence: "proven",
    evidence_source: "usage",
    outcome: "ok",
    error: null,
    started_at: null,
    ...more,
  }) as QualityRecord;

/** 200 examples: full prefill right in all, reuse wrong in 150 of them, the blend half wrong in 1. */
const rows = Array.from({ length: 200 }, (_, example) => [
  row("Full prefill", example, 1),
  row("Full KV reuse", example, example < 150 ? 0 : 1),
  row("CacheBlend 15%", example, example < 1 ? 0.5 : 1),
]).flat();

describe("qualityTable", () => {
  it("compares every method with full prefill on the same examples", () => {
    const [full, reuse, blend] = qualityTable(rows).rows;
    expect(full).toMatchObject({ is_baseline: true, n: 200, score: 1, difference: null, speedup: null });
    expect(reuse).toMatchObject({ pairs: 200, score: 0.25, difference: -0.75, non_inferior: "no" });
    expect(blend).toMatchObject({ pairs: 200, score: 0.9975, non_inferior: "yes", speedup: 4 });
    // By hand: the blend wins back 149.5 of the 150 that reuse loses.
    expect(blend!.recovery).toBeCloseTo(149.5 / 150, 12);
    expect(blend!.difference).toBeCloseTo(-0.5 / 200, 12);
  });

  it("says how many examples would be needed where non-inferiority is neither shown nor refuted", () => {
    const few = rows.slice(0, 60).map((one, index) => (index === 32 ? { ...one, score: 0 } : one));
    const blend = qualityTable(few).rows.find(({ label }) => label === "CacheBlend 15%")!;
    expect(blend.non_inferior).toBe("not shown");
    expect(blend.required_pairs).toBeGreaterThan(blend.n);
    expect(qualityTable(few).text).toMatch(/not shown \(n ≥ [\d,]+\)/);
  });

  it("counts a failure and a contradicted request in no score, and says how many there were", () => {
    const failed = row("CacheBlend 15%", 500, null, {
      outcome: "timeout",
      error: "no byte for 300 s",
      prediction: null,
    } as Partial<QualityRecord>);
    const contradicted = row("CacheBlend 15%", 501, 0, { evidence: "contradicted" });
    const table = qualityTable([...rows, failed, contradicted]);
    expect(table.rows[2]).toMatchObject({ n: 200, score: 0.9975, failed_n: 1, contradicted_n: 1 });
    expect(table.text).toContain("Failed requests, excluded: 1 timeout.");
    expect(table.text).toContain("1 contradicted");
  });

  it("gives no standard deviation of one value", () => {
    const { text } = qualityTable(rows.slice(0, 3));
    expect(text).not.toMatch(/\d ± \d/);
    expect(text).toContain("one value has no standard deviation");
  });

  it("counts recovery from full prefill, whatever the others are compared with", () => {
    for (const baseline of ["Full prefill", "Full KV reuse", "CacheBlend 15%"]) {
      const blend = qualityTable(rows, { baseline }).rows.find(({ label }) => label === "CacheBlend 15%")!;
      expect(blend.recovery).toBeCloseTo(149.5 / 150, 12);
    }
  });

  it("tells what is retained of full prefill, in percent, whatever the baseline, and refuses it where that may score 0", () => {
    for (const baseline of ["Full prefill", "CacheBlend 15%"]) {
      const table = qualityTable(rows, { baseline });
      expect(table.rows.map(({ retained }) => retained)).toEqual([null, 0.25, 0.9975]);
      expect(table.text).toMatch(/25\.0 \[\d+\.\d, \d+\.\d\]/);
    }
    const zero = qualityTable(rows.map((one) => ({ ...one, score: 0 })));
    expect(zero.rows.map(({ retained }) => retained)).toEqual([null, null, null]);
    expect(zero.text).toContain("there is nothing to retain");
    const alone = qualityTable(rows.filter(({ label }) => label !== "Full prefill"));
    expect(alone.text).toContain("there is no full prefill to compare it with");
  });

  it("refuses recovery where reuse scores higher than full prefill: the share of a gain is none of a loss", () => {
    const gaining = rows.map((one) => ({ ...one, score: 1 - one.score! }));
    const table = qualityTable(gaining);
    expect(table.rows[2]!.recovery).toBeNull();
    expect(table.text).toContain("there is no loss to recover");
  });

  it("refuses recovery where reuse loses nothing, with the reason below", () => {
    const lossless = rows.map((one) => ({ ...one, score: 1 }));
    const table = qualityTable(lossless);
    expect(table.rows[2]!.recovery).toBeNull();
    expect(table.text).toMatch(/reuse may lose nothing/);
  });

  it("compares with the label asked for and refuses one that is none", () => {
    expect(qualityTable(rows, { baseline: "Full KV reuse" }).rows[1]!.is_baseline).toBe(true);
    expect(() => qualityTable(rows, { baseline: "full" })).toThrow("must be one of the labels (Full prefill");
  });

  it("prints LaTeX, Markdown and CSV with every number", () => {
    const table = qualityTable(rows);
    expect(table.latex).toContain("\\toprule");
    expect(table.markdown).toContain("| CacheBlend 15% |");
    expect(table.csv.split("\r\n")[0]).toContain("non_inferior");
  });
});

it("does not miss full prefill where every example was left out", () => {
  const leftOut = { left_out: true, outcome: "error", error: "too long", ttft_seconds: null } as const;
  const table = qualityTable([1, 2].map((example) => row("Full prefill", example, null, leftOut)));
  expect(table.rows).toEqual([]);
  expect(table.text).toContain(
    "Left out because they are too long for the model's context: 2 of 2 examples.",
  );
  expect(table.text).not.toContain("No method is full prefill");
});
