import { describe, expect, it } from "vitest";
import type { MethodName } from "../../src/domain/records/methods.js";
import type { BlendRecord, QualityRecord } from "../../src/domain/records/record-kinds.js";
import { blendRatioChart } from "../../src/report/methods/blend-ratio-chart.js";
import { qualityRatioChart } from "../../src/report/methods/quality-ratio-chart.js";
import { withoutRatio } from "../../src/report/methods/ratio-chart.js";

const row = (label: string, method: MethodName, recompute_ratio: number | null, more: object) => ({
  ...{ label, method, recompute_ratio, collect_seconds: null, outcome: "ok", evidence: "proven" },
  ...more,
});
const timed = (
  label: string,
  method: MethodName,
  ratio: number | null,
  ttfts: number[],
  input_target = 512,
) =>
  ttfts.map(
    (ttft_seconds) => row(label, method, ratio, { ttft_seconds, input_target }) as unknown as BlendRecord,
  );
const scored = (
  label: string,
  method: MethodName,
  ratio: number | null,
  scores: number[],
  metric = "token_f1",
) =>
  scores.map(
    (score, example) =>
      row(label, method, ratio, {
        ...{ dataset: "multihop", metric, score, example_id: String(example), ttft_seconds: 1 },
      }) as unknown as QualityRecord,
  );

const blended = [
  ...timed("CacheBlend 15%", "cacheblend", 0.15, [0.2, 0.3, 0.4]),
  ...timed("Full prefill", "full_prefill", null, [1]),
  ...timed("CacheBlend 5%", "cacheblend", 0.05, [0.1]),
  ...timed("Full KV reuse", "full_kv_reuse", 0, [0.05]),
  ...timed("Prefix cache", "prefix_cache", null, [0.5]),
];

describe("blendRatioChart", () => {
  it("draws a line through the blends by ratio, and full prefill and full reuse across", () => {
    const { data } = blendRatioChart(blended).figure;
    expect(data).toMatchObject([
      { name: "CacheBlend", x: [0.05, 0.15], y: [100, 300] },
      { name: "Full prefill", x: [0, expect.closeTo(0.1575, 12)], y: [1_000, 1_000] },
      { name: "Full KV reuse", x: [0, expect.closeTo(0.165, 12)], y: [50, 50] },
    ]);
    // The interquartile range of 0.2, 0.3 and 0.4 is 0.25 to 0.35 (type 7).
    expect(data[0]).toMatchObject({ error_y: { array: [0, expect.closeTo(50, 9)] } });
  });

  it("shows one input length, the longest unless another is asked for", () => {
    const rows = [...blended, ...timed("CacheBlend 5%", "cacheblend", 0.05, [9], 4_096)];
    expect(blendRatioChart(rows).figure.data).toMatchObject([{ x: [0.05], y: [9_000] }]);
    expect(blendRatioChart(rows, { inputTokens: 512 }).figure.data).toHaveLength(3);
    expect(() => blendRatioChart(rows, { inputTokens: 1_000 })).toThrow(
      "must be one that the rows hold (512, 4096)",
    );
  });

  it("leaves out what failed or is contradicted, and draws nothing without a ratio", () => {
    const contradicted = timed("CacheBlend 5%", "cacheblend", 0.05, [99]).map((one) => ({
      ...one,
      evidence: "contradicted" as const,
    }));
    expect(blendRatioChart([...blended, ...contradicted]).figure.data).toMatchObject([
      { y: [100, 300] },
      {},
      {},
    ]);
    const empty = blendRatioChart(timed("Full prefill", "full_prefill", null, [1])).figure;
    expect(empty.data).toEqual([]);
    expect(empty.layout.annotations).toMatchObject([
      { text: "Nothing to show: no blend with a recompute ratio" },
    ]);
    expect(blendRatioChart([]).figure.data).toEqual([]);
  });
});

describe("qualityRatioChart", () => {
  const rows = [
    ...scored("A40: CacheBlend 15%", "cacheblend", 0.15, [1, 1, 1, 1, 1, 0]),
    ...scored("A40: CacheBlend 5%", "cacheblend", 0.05, [1, 0, 1, 0, 1, 0]),
    ...scored("A40: Full prefill", "full_prefill", null, [1, 1, 1, 1, 1, 1]),
  ];

  it("draws mean scores by ratio with their intervals", () => {
    const { data, layout } = qualityRatioChart(rows).figure;
    expect(data).toMatchObject([
      { name: "A40: CacheBlend", x: [0.05, 0.15], y: [0.5, expect.closeTo(5 / 6, 12)] },
      { name: "A40: Full prefill", y: [1, 1] },
    ]);
    // Six of six: Clopper and Pearson's bound at 97.5 % is 0.025^(1/6) = 0.541 (R: binom.test(6, 6)).
    expect(data[1]).toMatchObject({
      error_y: { array: [0, 0], arrayminus: [0, expect.closeTo(1 - 0.5407, 4)] },
    });
    const { array, arrayminus } = (
      data[0] as unknown as { error_y: Record<"array" | "arrayminus", number[]> }
    ).error_y;
    // Half of six: Clopper and Pearson's interval is 0.118 to 0.882 (R: binom.test(3, 6)).
    expect(Math.abs(0.5 - arrayminus[0]! - 0.118)).toBeLessThan(0.01);
    expect(array[0]!).toBeCloseTo(arrayminus[0]!, 9);
    expect(layout.yaxis).toMatchObject({ title: { text: "token_f1" } });
  });

  it("refuses rows of more than one metric, whose mean would mean nothing", () => {
    expect(() => qualityRatioChart([...rows, ...scored("x", "cacheblend", 0.1, [1], "rougeL")])).toThrow(
      "rows must be of one dataset and metric",
    );
  });

  it("shows a label as text and never as markup", () => {
    const { data } = qualityRatioChart(scored("<b>x</b> 5%", "cacheblend", 0.05, [1, 0])).figure;
    expect(data).toMatchObject([{ name: "&lt;b&gt;x&lt;/b&gt;" }]);
  });
});

describe("withoutRatio", () => {
  it.each([
    ["CacheBlend 15%", "CacheBlend"],
    ["A40: CacheBlend 2.5 %", "A40: CacheBlend"],
    ["CacheBlend (r = 0.15)", "CacheBlend"],
    ["blend, r=0.1", "blend"],
    ["CacheBlend", "CacheBlend"],
    ["15%", "15%"],
  ])("makes %j %j", (label, name) => {
    expect(withoutRatio(label)).toBe(name);
  });

  it("takes away no number but the ratio's own, so that no curve joins two machines or versions", () => {
    expect(withoutRatio("CacheBlend H100")).toBe("CacheBlend H100");
    expect(withoutRatio("CacheBlend 17%", 1 / 6)).toBe("CacheBlend");
    expect(withoutRatio("vLLM 0.9", 0.15)).toBe("vLLM 0.9");
    const ratios = [0.15, 0.3];
    const names = (labels: readonly string[]) =>
      blendRatioChart(
        labels.flatMap((label) => ratios.flatMap((ratio) => timed(label, "cacheblend", ratio, [1, 1.1]))),
      ).figure.data.map(({ name }) => name);
    for (const labels of [
      ["A40", "A100"],
      ["LMCache 0.3", "LMCache 0.4"],
    ]) {
      const found = names(labels);
      for (const label of labels) expect(found.join("; ")).toContain(label);
    }
  });
});
