import { describe, expect, it } from "vitest";
import type { BlendRecord } from "../../../src/domain/records/record-kinds.js";
import { blendOverview, kindChart, qualityOverview } from "../../../src/report/page/kind-chart.js";
import { REPORT_ROWS } from "../report-rows.js";

const xTitle = ({ figure }: { readonly figure: { readonly layout: Readonly<Record<string, unknown>> } }) =>
  (figure.layout.xaxis as { title: { text: string } }).title.text;

const nothing = { ttft: [], blend: [], quality: [], load: [], proxy: [] };

describe("the one chart of a kind", () => {
  const [blend] = REPORT_ROWS.blend.filter(({ method }) => method === "cacheblend");
  const of = (more: Partial<BlendRecord>): BlendRecord => ({ ...blend!, ...more }) as BlendRecord;

  it("is against what was varied", () => {
    expect(xTitle(blendOverview([of({ chunks: 2 }), of({ chunks: 4 })]))).toBe("number of chunks");
    expect(xTitle(blendOverview([of({ input_target: 512 }), of({ input_target: 1_024 })]))).toContain(
      "input",
    );
    expect(xTitle(blendOverview([of({ recompute_ratio: 0.1 }), of({ recompute_ratio: 0.2 })]))).toBe(
      "recompute ratio r",
    );
    expect(blendOverview([of({})], { against: "chunkLength" }).caption).toContain("chunk length");
    const [quality] = REPORT_ROWS.quality.filter(({ method }) => method === "cacheblend");
    expect(xTitle(qualityOverview([quality!]))).toContain("TTFT");
    const ratios = [0.1, 0.2].map((recompute_ratio) => ({ ...quality!, recompute_ratio }));
    const both = qualityOverview(ratios).sketch;
    expect([both.layout.yaxis, both.layout.yaxis2]).toMatchObject([
      { title: { text: "token_f1" } },
      { title: { text: "median TTFT (ms)" } },
    ]);
    expect(both.data.map(({ name, xaxis, showlegend }) => [name, xaxis, showlegend])).toEqual([
      ["CacheBlend 15%", "x", true],
      ["CacheBlend 15%", "x2", false],
    ]);
    const ofOne = kindChart({ ...nothing, quality: ratios }, {});
    expect(ofOne.chart().sketch.panels?.across).toHaveLength(2);
    expect(ofOne.chartOf(ratios).sketch.panels).toBeUndefined();
  });

  it("is refused of several kinds, and of none", () => {
    expect(() => kindChart(REPORT_ROWS, {})).toThrow("chart needs logs of one kind; received");
    expect(() => kindChart(nothing, {})).toThrow("no rows");
    expect(kindChart({ ...nothing, blend: [blend!] }, {}).chartOf([blend!]).caption).toContain("input");
  });
});
