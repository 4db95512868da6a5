import { describe, expect, it } from "vitest";
import type { BlendRecord, QualityRecord } from "../../src/domain/records/record-kinds.js";
import { ESTIMATE } from "../../src/domain/records/token-count.js";
import { blendTable } from "../../src/report/methods/blend-table.js";
import { qualityTable } from "../../src/report/methods/quality-table.js";
import { REPORT_ROWS } from "./report-rows.js";

/** Full prefill of the report's rows, and the same measured again with other times and scores. */
const again = <R extends BlendRecord | QualityRecord>(
  rows: readonly R[],
  change: (row: R, index: number) => Partial<R>,
) => [
  ...rows,
  ...rows
    .filter(({ method }) => method === "full_prefill")
    .map((row, index) => ({ ...row, label: "Full prefill (again)", ...change(row, index) })),
];
const sooner = (factor: number) => (row: BlendRecord | QualityRecord) => ({
  ttft_seconds: row.ttft_seconds! / factor,
});

describe("an A/A arm", () => {
  it("that answers sooner than its twin is an alarm on top of the table, in every form", () => {
    const table = blendTable(again(REPORT_ROWS.blend, sooner(83.8)));
    expect(table.alarms).toHaveLength(2);
    expect(table.alarms[0]).toMatch(
      /^A\/A alarm at 512 tokens: “Full prefill \(again\)” repeats the method of “Full prefill”, and yet the first token came 83\.8 \[[\d.]+, [\d.]+\] times as soon/,
    );
    expect(table.text.startsWith("! A/A alarm at 512 tokens")).toBe(true);
    expect(table.markdown.startsWith("> **A/A alarm at 512 tokens")).toBe(true);
    expect(table.html).toContain('<caption style="text-align:left"><strong>A/A alarm at 512 tokens');
    expect(table.latex.startsWith("\\noindent\\textbf{A/A alarm at 512 tokens")).toBe(true);
    for (const line of table.text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });

  it("that answers later is one too, and one that can't be told from its twin is none", () => {
    expect(blendTable(again(REPORT_ROWS.blend, sooner(1 / 3))).alarms).toHaveLength(2);
    expect(blendTable(again(REPORT_ROWS.blend, sooner(1.001))).alarms).toEqual([]);
    expect(blendTable(REPORT_ROWS.blend).alarms).toEqual([]);
  });

  it("that scores otherwise is an alarm of quality", () => {
    const many = Array.from({ length: 5 }, (_, part) =>
      REPORT_ROWS.quality.map((row) => ({ ...row, example_id: `${row.example_id} ${part}` })),
    ).flat();
    const worse = again(many, (_, index) => ({ score: index % 4 < 3 ? 0.2 : 1 }));
    expect(qualityTable(worse).alarms).toEqual([
      expect.stringMatching(
        /^A\/A alarm on multihop, token_f1: .* the score differs by −0\.600 \[−[\d.]+, −[\d.]+\] \(95 % CI\)/,
      ),
    ]);
    expect(qualityTable(again(REPORT_ROWS.quality, sooner(5))).alarms).toHaveLength(1);
    expect(qualityTable(again(REPORT_ROWS.quality, () => ({}))).alarms).toEqual([]);
  });

  it("is known by its method, whatever it is called, and is of its own server alone", () => {
    const named = again(REPORT_ROWS.blend, sooner(9)).map((row) =>
      row.label === "Full prefill (again)" ? { ...row, label: "noise floor" } : row,
    );
    expect(blendTable(named).alarms).toHaveLength(2);
    const elsewhere = named.map((row) => (row.label === "noise floor" ? { ...row, model: "large" } : row));
    expect(blendTable(elsewhere).alarms).toEqual([]);
    const ratios = again(REPORT_ROWS.blend, sooner(9)).map((row) =>
      row.label === "Full prefill (again)" ? { ...row, method: "prefix_cache" as const } : row,
    );
    expect(blendTable(ratios).alarms).toEqual([]);
  });

  it("accuses no two labels that may stand for two servers, and no two lengths that were counted differently", () => {
    const rows = again(REPORT_ROWS.blend, sooner(9));
    expect(blendTable(rows).alarms[0]).toContain("If they are two servers, this is the difference");
    const estimated = rows.map((row) =>
      row.label === "Full prefill (again)"
        ? { ...row, token_counter: ESTIMATE, prompt_tokens: 2 * row.prompt_tokens! }
        : row,
    );
    expect(blendTable(estimated).alarms).toEqual([]);
  });
});
