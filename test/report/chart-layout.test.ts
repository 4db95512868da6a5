import { describe, expect, it } from "vitest";
import { printFigure } from "../../src/charts/layout/print-theme.js";
import { drawnTexts, faultsOf } from "../charts/drawn-texts.js";
import { EVERY_CHART } from "./every-chart.js";

/** Names as long as users give them; `chart-layout.slow.test.ts` has more, in every chart, at more sizes, phones among them. */
const labels = ["vLLM 0.11.2 with LMCache 0.3.9 on two A40, KV in memory", "缓存命中 <b>&amp;"];

describe.each(["ttft.chart", "quality.chart", "charts.panels"])("%s", (kind) => {
  it("has no text outside the page or on another, in a column of a paper", async () => {
    const { sketch } = EVERY_CHART[kind]!({ labels, places: 3, isMeasured: true });
    const figure = printFigure(sketch, 240);
    expect(faultsOf(figure, await drawnTexts(figure))).toEqual([]);
  });
});
