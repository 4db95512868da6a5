import { describe, expect, it } from "vitest";
import { fitted, PHONE } from "../../src/charts/layout/fitted.js";
import { printFigure } from "../../src/charts/layout/print-theme.js";
import { drawnTexts, faultsOf } from "../charts/drawn-texts.js";
import { EVERY_CHART } from "./every-chart.js";

/** Names as long as users give them; `chart-layout.slow.test.ts` has more, at more sizes. */
const labels = ["vLLM 0.11.2 with LMCache 0.3.9 on two A40, KV in memory", "缓存命中 <b>&amp;"];

describe.each(Object.entries(EVERY_CHART))("%s", (_, chartOf) => {
  it("has no text outside the page or on another, in a column of a paper and on a phone", async () => {
    const { sketch } = chartOf({ labels, places: 3, isMeasured: true });
    for (const figure of [printFigure(sketch, 240), fitted(sketch, PHONE)])
      expect(faultsOf(figure, await drawnTexts(figure))).toEqual([]);
  });
});
