import { describe, expect, it } from "vitest";
import { highest, soonest } from "../../src/report/best.js";
import { blendTable } from "../../src/report/methods/blend-table.js";
import { qualityTable } from "../../src/report/methods/quality-table.js";
import { promptTable } from "../../src/report/prompts/prompt-table.js";
import { ttftTable } from "../../src/report/ttft/ttft-table.js";
import { random } from "../../src/stats/random.js";
import { REPORT_ROWS } from "./report-rows.js";

const around = (seconds: number) => [0.98, 0.99, 1, 1.01, 1.02].map((factor) => factor * seconds);
const scores = (...values: number[]) => new Map(values.map((score, i) => [`example-${i}`, score]));
const many = (right: number) => scores(...Array.from({ length: 200 }, (_, i) => (i < right ? 1 : 0)));

describe("the best of a group", () => {
  it("is the soonest and what can't be told from it", () => {
    expect(soonest([around(1), around(2)], random(1))).toEqual([true, false]);
    expect(soonest([around(1.001), around(1), around(3)], random(1))).toEqual([true, true, false]);
  });

  it("is the highest on the same examples and what can't be told from it", () => {
    expect(highest([many(150), many(151), many(60)], random(1))).toEqual([true, true, false]);
  });

  it("is not marked where nothing can be told apart, where a member has too few values, or alone", () => {
    expect(soonest([around(1), around(1.001)], random(1))).toEqual([false, false]);
    expect(soonest([around(1), around(2), [0.1]], random(1))).toEqual([false, false, false]);
    expect(soonest([around(1)], random(1))).toEqual([false]);
    expect(highest([scores(1, 1, 1, 1), many(60)], random(1))).toEqual([false, false]);
  });
});

describe("a paper's table", () => {
  it("has the best in bold in Markdown, LaTeX and HTML, with the rule below, and plain in the terminal and CSV", () => {
    const table = blendTable(REPORT_ROWS.blend);
    expect(table.markdown).toContain(
      "| CacheBlend 15% | 5 | 128 ± 2 | **128** | **4.00 \\[3.83, 4.18\\]** |",
    );
    expect(table.latex).toContain(
      "CacheBlend 15\\% & 5 & 128 $\\pm$ 2 & \\textbf{128} & \\textbf{4.00 [3.83, 4.18]} &",
    );
    expect(table.html).toContain("<strong>128</strong>");
    for (const form of [table.markdown, table.latex, table.html])
      expect(form).toContain("Bold: the best of its group");
    expect(table.text).not.toContain("Bold");
    expect(table.csv).not.toContain("**");
  });

  it("marks among labels at one context, cold and warm apart", () => {
    const { markdown } = ttftTable(REPORT_ROWS.ttft.filter(({ prompt_kind }) => prompt_kind === null));
    expect(markdown).toContain("| vLLM | 1,000 | 5 | 5 | **100** | 10.0 |");
    expect(markdown).toContain("| LMCache | 1,000 | 5 | 5 | 111 | **5.00** |");
  });

  it("says how its numbers were made, with n", () => {
    const said = [
      [ttftTable(REPORT_ROWS.ttft).latex, "Medians of n requests, in ms"],
      [blendTable(REPORT_ROWS.blend).latex, "n: requests counted in a cell"],
      [qualityTable(REPORT_ROWS.quality).latex, "n: answers counted in a cell"],
      [promptTable(REPORT_ROWS.ttft.slice(-10)).latex, "n: 5 cold and 5 warm requests per prompt"],
    ] as const;
    for (const [latex, sentence] of said) expect(latex).toContain(sentence);
  });
});
