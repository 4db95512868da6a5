import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BlendRecord } from "../../src/domain/records/record-kinds.js";
import { blendChart } from "../../src/report/methods/blend-chart.js";
import { paretoFront, qualityChart } from "../../src/report/methods/quality-chart.js";

const blendRow = (label: string, input_target: number, ttft_seconds: number, more = {}) =>
  ({
    label,
    method: label === "Full prefill" ? "full_prefill" : "cacheblend",
    recompute_ratio: null,
    input_target,
    context_tokens: input_target,
    ttft_seconds,
    collect_seconds: null,
    outcome: "ok",
    evidence: "proven",
    ...more,
  }) as unknown as BlendRecord;

describe("blendChart", () => {
  it("draws a line for each method through the medians of what counts", () => {
    const chart = blendChart([
      blendRow("CacheBlend", 1_024, 0.2),
      ...[1, 3, 2].map((seconds) => blendRow("Full prefill", 1_024, seconds)),
      blendRow("Full prefill", 512, 0.5),
      blendRow("Full prefill", 512, 99, { evidence: "contradicted" }),
    ]);
    expect(chart.figure.data).toMatchObject([
      { name: "Full prefill", x: [512, 1_024], y: [500, 2_000] },
      { name: "CacheBlend", x: [1_024], y: [200] },
    ]);
  });

  it("shows every request of each method in a row at one length, where a line would be a dot", () => {
    const rows = [
      ...[1, 3, 2].map((seconds) => blendRow("Full prefill", 512, seconds)),
      blendRow("CacheBlend", 512, 0.2),
    ];
    const { figure, caption, sketch } = blendChart(rows);
    expect(figure.data).toMatchObject([{ x: [1_000, 3_000, 2_000, 200] }, { x: [2_000, 200] }]);
    expect(figure.layout.yaxis).toMatchObject({ ticktext: ["Full prefill", "CacheBlend"] });
    expect(figure.layout.annotations).toMatchObject([{ text: "2,000" }, { text: "200" }]);
    expect(caption).toContain("input (tokens): 512; every request, with the median in ms");
    // Panels with common axes show lines, whatever one of them holds.
    expect(sketch.inPanels!.data).toMatchObject([
      { name: "Full prefill", x: [512] },
      { name: "CacheBlend", x: [512] },
    ]);
  });

  it("shows a label as text and never as markup", async () => {
    const svg = await blendChart([blendRow("<script>alert(1)</script>", 512, 1)]).svg();
    expect(svg).not.toContain("<script>");
    expect(svg).toContain("&lt;script&gt;");
  });
});

describe("qualityChart", () => {
  it("sets score with its interval against median TTFT, a point a method, with the front through those that none beats", () => {
    const rows = (["full_prefill", "full_kv_reuse"] as const).flatMap((method) =>
      Array.from({ length: 6 }, (_, example) => ({
        ...blendRow(method, 0, method === "full_prefill" ? 0.02 : 0.01),
        method,
        example_id: String(example),
        dataset: "multihop",
        metric: "token_f1",
        score: method === "full_prefill" ? 1 : 0.5,
      })),
    );
    const { data, layout } = qualityChart(rows as never).figure;
    expect(data).toMatchObject([
      { name: "Pareto front", y: [0.5, 1] },
      { name: "full_prefill", x: [expect.closeTo(20, 9)], y: [1] },
      { name: "full_kv_reuse", x: [expect.closeTo(10, 9)], y: [0.5] },
    ]);
    // Six of six: Clopper and Pearson's bound at 97.5 % is 0.025^(1/6) = 0.541 (R: binom.test(6, 6)).
    expect(data[1]).toMatchObject({ error_y: { array: [0], arrayminus: [expect.closeTo(1 - 0.5407, 4)] } });
    expect(layout.xaxis).toMatchObject({ title: { text: "median TTFT (ms)" } });
    expect(layout.yaxis).toMatchObject({ title: { text: "token_f1" } });
  });
});

describe("paretoFront", () => {
  it("holds exactly the trades that none other beats", () => {
    const trade = fc.record({
      seconds: fc.integer({ min: 1, max: 9 }),
      score: fc.integer({ min: 0, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(trade, { minLength: 1, maxLength: 12 }), (trades) => {
        const front = paretoFront(trades);
        const beats = (a: (typeof trades)[number], b: (typeof trades)[number]) =>
          a.seconds <= b.seconds && a.score >= b.score && (a.seconds < b.seconds || a.score > b.score);
        for (const one of front) expect(trades.some((other) => beats(other, one))).toBe(false);
        for (const one of trades) {
          const isOn = front.some(({ seconds, score }) => seconds === one.seconds && score === one.score);
          expect(isOn).toBe(!trades.some((other) => beats(other, one)));
        }
      }),
    );
  });
});
