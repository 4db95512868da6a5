import { describe, expect, it } from "vitest";
import type { BlendRecord, QualityRecord } from "../../src/domain/records/record-kinds.js";
import { blendChart } from "../../src/report/methods/blend-chart.js";
import { blendTable } from "../../src/report/methods/blend-table.js";
import { qualityChart } from "../../src/report/methods/quality-chart.js";
import { qualityTable } from "../../src/report/methods/quality-table.js";
import { reportSections, type ShownTimes } from "../../src/report/page/report-sections.js";
import { reportWarnings } from "../../src/report/page/report-warnings.js";
import { promptTable } from "../../src/report/prompts/prompt-table.js";
import { ttftChart } from "../../src/report/ttft/ttft-chart.js";
import { compareTtft } from "../../src/report/ttft/ttft-comparison.js";
import { ttftTable } from "../../src/report/ttft/ttft-table.js";
import { REPORT_ROWS } from "./report-rows.js";
import { rows } from "./ttft-rows.js";

/** Six trials of a model that thinks for 0.2 s before its answer: it begins after 0.08 s cold and 0.004 s warm. */
const thinking = [0.08, 0.004].flatMap((prefill, index) =>
  [1, 2, 3, 4, 5, 6].map((trial) => ({
    ...rows("thinks", index === 0 ? "cold" : "warm", [prefill + 0.2 + trial / 1e4])[0]!,
    first_reasoning_seconds: prefill,
    trial,
  })),
);
const plain = ["cold", "warm"].flatMap((state, index) =>
  rows(
    "plain",
    state as "cold" | "warm",
    [[0.1, 0.01][index]!].flatMap((one) => Array(6).fill(one) as number[]),
  ),
);
/** The same with too few output tokens for any answer. */
const cut = thinking.map((one) => ({ ...one, ttft_seconds: null }));

describe("reasoning before content", () => {
  it("has both times and both ratios in the table", () => {
    const table = ttftTable([...thinking, ...plain]);
    expect(table.rows[0]).toMatchObject({
      first_token: "content",
      reasoning_n: 12,
      cold_median_seconds: expect.closeTo(0.28035, 9),
      speedup: expect.closeTo(0.28035 / 0.20435, 9),
      other_cold_median_seconds: 0.08,
      other_warm_median_seconds: 0.004,
      other_speedup: expect.closeTo(20, 9),
      pairs: 6,
    });
    expect(table.text).toMatch(/by any token/);
    expect(table.text).toMatch(/280 +204 +1\.37/);
    expect(table.text).toMatch(/80\.0 +4\.00 +20\.0 \[20\.0, 20\.0\]/);
    expect(table.footnotes).toContain(
      "In 12 requests reasoning came before the content: TTFT counts to the content, “by any token” to the reasoning.",
    );
    // A label that does not think has one first token.
    expect(table.rows[1]).toMatchObject({ reasoning_n: 0, other_speedup: expect.closeTo(10, 9) });
    expect(ttftTable(plain).text).not.toContain("by any token");
  });

  it("counts to any token where that is asked for, with the content beside it", () => {
    const table = ttftTable(thinking, { firstToken: "any" });
    expect(table.rows[0]).toMatchObject({
      first_token: "any",
      cold_median_seconds: 0.08,
      speedup: expect.closeTo(20, 9),
      other_speedup: expect.closeTo(0.28035 / 0.20435, 9),
    });
    expect(table.text).toContain("by content");
    expect(table.markdown).toContain("to the first token of any kind, reasoning or text");
    expect(() => ttftTable(thinking, { firstToken: "reasoning" as "any" })).toThrow(
      'firstToken must be "content" or "any"; received "reasoning".',
    );
  });

  it("is said of a comparison, too, which has columns of one kind alone", () => {
    const compared = compareTtft([...thinking, ...plain], { baseline: "plain" }).footnotes.join("\n");
    expect(compared).toContain(
      'reasoning came before the content: TTFT counts to the content, with --first_token any (firstToken: "any") to the reasoning.',
    );
    expect(compared).not.toContain("“by");
    const any = compareTtft([...thinking, ...plain], { baseline: "plain", firstToken: "any" }).footnotes.join(
      "\n",
    );
    expect(any).toContain("reasoning came before the content: TTFT counts to the reasoning.");
  });

  it("says what to do where no content came, and has the times of the reasoning all the same", () => {
    const table = ttftTable(cut);
    expect(table.rows[0]).toMatchObject({
      ...{ cold_n: 0, cold_median_seconds: null, speedup: null },
      ...{ other_cold_median_seconds: 0.08, other_speedup: expect.closeTo(20, 9) },
    });
    expect(table.footnotes).toContain("reasoning came, but no content");
    expect(table.footnotes).toContain(
      "12 requests had reasoning but no content, and so have no TTFT: allow more tokens with --max_tokens " +
        '(maxTokens), or count the reasoning with --first_token any (firstToken: "any").',
    );
    expect(ttftTable(cut, { firstToken: "any" }).rows[0]!.cold_n).toBe(6);
  });

  it("is in the table of prompts, in comparisons and in charts", () => {
    const asked = thinking.map((one) => ({ ...one, prompt_kind: "summary" }));
    for (const language of ["en", "zh"] as const) {
      const table = promptTable(asked, { language });
      expect(table.rows[0]).toMatchObject({ reasoning_n: 12, other_effect: expect.closeTo(20, 9) });
      expect(table.markdown).toContain("| 80.0 | 4.00 |");
      expect(promptTable(cut, { language }).footnotes.join()).toContain("--first_token any");
    }
    const compared = compareTtft([...thinking, ...plain], { baseline: "plain", firstToken: "any" });
    expect(compared.rows.map(({ speedup }) => speedup)).toEqual([
      expect.closeTo(1.25, 9),
      expect.closeTo(2.5, 9),
    ]);
    expect(ttftChart(thinking).caption).toContain("to the first content (reasoning came before it: thinks)");
    const any = ttftChart(thinking, { firstToken: "any" });
    expect(any.caption).toContain("to any first token");
    expect((any.figure.data[0] as unknown as { x: number[] }).x).toEqual(Array(6).fill(80));
  });

  it("is in the tables and charts of methods", () => {
    const reasoned = <R extends BlendRecord | QualityRecord>(rows: readonly R[]) =>
      rows.map((one) => ({
        ...one,
        ttft_seconds: one.ttft_seconds! + 3,
        first_reasoning_seconds: one.ttft_seconds,
      }));
    const blend = reasoned(REPORT_ROWS.blend);
    const table = blendTable(blend);
    // Full prefill is four times slower than the blend up to the reasoning; three seconds of that hide it.
    expect(table.rows[1]).toMatchObject({ reasoning_n: 5, other_speedup: expect.closeTo(4, 9) });
    expect(table.rows[1]!.speedup).toBeCloseTo(3.512 / 3.128, 9);
    expect(table.text).toMatch(/by any token/);
    expect(blendTable(blend, { firstToken: "any" }).rows[1]!.speedup).toBeCloseTo(4, 9);
    expect(blendChart(blend).caption).toContain("to the first content, before which reasoning came");
    expect(blendChart(blend, { firstToken: "any" }).caption).toContain("to any first token");
    const quality = reasoned(REPORT_ROWS.quality);
    expect(qualityTable(quality).rows[1]).toMatchObject({ other_speedup: expect.closeTo(4, 9) });
    expect(qualityTable(quality, { firstToken: "any" }).rows[1]!.speedup).toBeCloseTo(4, 9);
    expect(qualityChart(quality).caption).toContain("to the first content, after reasoning");
    const nothing = blend.map((one) => ({ ...one, ttft_seconds: null }));
    expect(blendTable(nothing).footnotes.join()).toContain("20 requests had reasoning but no content");
  });

  it("is a warning of the report", () => {
    const rows = { ttft: thinking, blend: [], quality: [], load: [], proxy: [] };
    expect(reportWarnings(rows, [])).toContain(
      "ttft: in 12 of 12 requests reasoning came before the content (thinks); the tables show the times to both, and " +
        "--first_token (firstToken) chooses which counts.",
    );
  });

  it("counts in the report as it is told", () => {
    const rows = { ttft: thinking, blend: [], quality: [], load: [], proxy: [] };
    const table = (shown?: ShownTimes) => reportSections(rows, undefined, shown)[0]!.tables[0]!.table.rows;
    expect(table()).toMatchObject([{ first_token: "content" }]);
    expect(table({ firstToken: "any" })).toMatchObject([{ first_token: "any", cold_median_seconds: 0.08 }]);
  });
});
