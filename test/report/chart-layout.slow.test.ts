import { describe, expect, it } from "vitest";
import type { Sketch } from "../../src/charts/layout/figure.js";
import { fitted, PHONE, SCREEN } from "../../src/charts/layout/fitted.js";
import { printFigure } from "../../src/charts/layout/print-theme.js";
import { drawnTexts, faultsOf } from "../charts/drawn-texts.js";
import { EVERY_CHART, type Shown } from "./every-chart.js";

const POINTS_PER_MM = 72 / 25.4;

/** The sizes at which charts are drawn: journals' columns are 84 to 90 and 174 to 180 mm wide. */
const SIZES: Readonly<Record<string, (sketch: Sketch) => ReturnType<typeof fitted>>> = {
  screen: (sketch) => fitted(sketch, SCREEN),
  phone: (sketch) => fitted(sketch, PHONE),
  "one column": (sketch) => printFigure(sketch, 84 * POINTS_PER_MM),
  "two columns": (sketch) => printFigure(sketch, 180 * POINTS_PER_MM),
};

const LABELS: Readonly<Record<string, readonly string[]>> = {
  short: ["vLLM", "SGLang", "LMCache", "llama.cpp"],
  long: [
    "vLLM 0.11.2 with LMCache 0.3.9 on two A40, KV in memory, CacheBlend at layer 1, and a remark",
    "vLLM 0.11.2 with LMCache 0.3.9 on two A40, KV on a slow disk, CacheBlend at layer 1, and a remark",
  ],
  Chinese: ["缓存命中时的首个词元延迟与完整预填充的比较结果如下所示请见说明", "完整预填充"],
  emoji: ["🚀 fast 👨‍👩‍👧 family", "🐢".repeat(30)],
  "right to left": ["שרת מהיר", "خادم سريع جدا"],
  hostile: ['<b>&amp;"\n</b><script>alert(1)</script>', "a<br>b & c"],
  mixed: ["vLLM 0.11.2 with LMCache 0.3.9 on two A40, KV in memory", "缓存命中 <b>&amp;"],
  "one word": ["W".repeat(120)],
  many: Array.from({ length: 12 }, (_, i) => `server ${i + 1}`),
};

const cases: (readonly [string, Shown])[] = [
  ...Object.entries(LABELS).map(([name, labels]) => [name, { labels, places: 3, isMeasured: true }] as const),
  ["one point", { labels: ["vLLM", "SGLang"], places: 1, isMeasured: true }],
  ["nothing measured", { labels: ["vLLM", "SGLang"], places: 3, isMeasured: false }],
];

describe.each(Object.entries(EVERY_CHART))("%s", (_, chartOf) => {
  it.each(cases)(
    "has no text outside the page or on another: %s",
    async (_, shown) => {
      const { sketch } = chartOf(shown);
      const faults: string[] = [];
      for (const [size, draw] of Object.entries(SIZES)) {
        const figure = draw(sketch);
        faults.push(...faultsOf(figure, await drawnTexts(figure)).map((fault) => `${size}: ${fault}`));
      }
      expect(faults).toEqual([]);
    },
    60_000,
  );
});
