import { describe, expect, it } from "vitest";
import type { BlendRecord } from "../../../src/domain/records/record-kinds.js";
import { breakEven } from "../../../src/report/methods/blend-group.js";
import { blendLines, blendTable } from "../../../src/report/methods/blend-table.js";

const row = (label: string, ttft_seconds: number, more: Partial<BlendRecord> = {}): BlendRecord =>
  ({
    run_index: 1,
    context_tokens: 512,
    ttft_seconds,
    label,
    model: "m",
    method: label === "Full prefill" ? "full_prefill" : "cacheblend",
    recompute_ratio: label === "Full prefill" ? null : 0.15,
    cached_tokens: null,
    recomputed_tokens: null,
    evidence: "proven",
    evidence_source: "usage",
    collect_seconds: label === "Full prefill" ? null : 2,
    load_seconds: null,
    connect_seconds: 0,
    first_byte_seconds: null,
    first_event_seconds: null,
    first_reasoning_seconds: null,
    e2e_seconds: null,
    prompt_tokens: 512,
    output_tokens: 1,
    outcome: "ok",
    error: null,
    started_at: null,
    input_target: 512,
    trial: 1,
    chunks: 4,
    ...more,
  }) as BlendRecord;

const full = [1, 1.1, 0.9, 1, 1].map((seconds) => row("Full prefill", seconds));
const blend = [0.25, 0.25, 0.2, 0.3, 0.25].map((seconds) => row("CacheBlend", seconds));

describe("blendTable", () => {
  it("gives mean, standard deviation, median and the speed-up over full prefill with its interval", () => {
    const [base, blended] = blendTable([...full, ...blend]).rows;
    // By hand: mean 1, sd sqrt(0.02 / 4); median 0.25, speed-up 1 / 0.25.
    expect(base).toMatchObject({ is_baseline: true, n: 5, ttft_mean_seconds: 1, speedup: null });
    expect(base!.ttft_sd_seconds).toBeCloseTo(Math.sqrt(0.02 / 4), 12);
    expect(blended).toMatchObject({ n: 5, ttft_median_seconds: 0.25, speedup: 4, collect_median_seconds: 2 });
    expect(blended!.speedup_low).toBeLessThan(4);
    expect(blended!.speedup_high).toBeGreaterThan(4);
    // 2 s of collecting, 0.75 s saved a use: the third use has paid.
    expect(blended!.break_even_n).toBe(3);
  });

  it("keeps failures and contradicted requests out of every number and says how many there were", () => {
    const table = blendTable([
      ...full,
      ...blend,
      row("CacheBlend", 99, { evidence: "contradicted" }),
      row("CacheBlend", 99, { outcome: "timeout", error: "no byte for 300 s" } as Partial<BlendRecord>),
    ]);
    expect(table.rows[1]).toMatchObject({ n: 5, failed_n: 1, contradicted_n: 1, ttft_median_seconds: 0.25 });
    expect(table.text).toContain("10 proven, 1 contradicted, 0 unproven");
    expect(table.text).toContain("Failed requests, excluded: 1 timeout.");
  });

  it("prints the seed's line of every length, always against the baseline", () => {
    const unmeasured = row("Broken", 1, { outcome: "error", error: "refused" } as Partial<BlendRecord>);
    expect(blendLines(blendTable([unmeasured, ...full, ...blend]))).toEqual([
      "Length 512: Full prefill 1.000s, CacheBlend 0.250s, Speedup 4.00×",
    ]);
  });

  it("counts what collecting saves against full prefill, whatever the others are compared with", () => {
    const named = { baseline: "CacheBlend" };
    expect(blendTable([...full, ...blend], named).rows[1]).toMatchObject({
      is_baseline: true,
      break_even_n: 3,
    });
    const table = blendTable(blend, named);
    expect(table.rows[0]!.break_even_n).toBeNull();
    expect(table.text).toContain("there is no full prefill to compare it with");
  });

  it("gives no speed-up without a full prefill, and says so", () => {
    const table = blendTable(blend);
    expect(table.rows[0]).toMatchObject({ is_baseline: false, speedup: null });
    expect(table.text).toContain("no speed-up");
  });

  it("refuses a baseline that is no label", () => {
    expect(() => blendTable(full, { baseline: "full prefill" })).toThrow(
      "must be one of the labels (Full prefill)",
    );
  });
});

describe("breakEven", () => {
  it("is refused where the method saves no time", () => {
    expect(breakEven({ seconds: [1], collectSeconds: [1] }, [1])).toEqual({
      reason: "it saves no time, so collecting never pays off",
    });
  });
});
