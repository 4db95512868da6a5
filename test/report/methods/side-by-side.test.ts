import { describe, expect, it } from "vitest";
import { qualityChart } from "../../../src/report/methods/quality-chart.js";
import { qualityTable } from "../../../src/report/methods/quality-table.js";
import { reportWarnings } from "../../../src/report/page/report-warnings.js";
import { REPORT_ROWS } from "../report-rows.js";

const at = (concurrency: number | null) => REPORT_ROWS.quality.map((row) => ({ ...row, concurrency }));
const together = at(8);

describe("quality of examples that ran side by side", () => {
  it("has no TTFT in the table, which says why and how to see it", () => {
    const table = qualityTable(together);
    for (const form of [table.text, table.markdown, table.latex, table.html]) {
      expect(form).not.toMatch(/TTFT mean|speed-up/);
    }
    expect(table.footnotes).toContain(
      "No TTFT: examples ran concurrently and waited for each other. To show it anyway, " +
        "marked: --show_ttft (showTtft: true).",
    );
    expect(
      table.rows.map(({ n, concurrency, ttft_mean_seconds, speedup }) => [
        n,
        concurrency,
        ttft_mean_seconds,
        speedup,
      ]),
    ).toEqual([
      [8, 8, null, null],
      [8, 8, null, null],
    ]);
    // Scores don't mind.
    expect(table.rows.map(({ score }) => score)).toEqual(qualityTable(at(1)).rows.map(({ score }) => score));
  });

  it("has it where it is asked for, with a mark at every time", () => {
    const table = qualityTable(together, { showTtft: true });
    expect(table.rows[1]!.speedup).toBeCloseTo(4, 9);
    expect(table.footnotes[0]).toBe("8 examples ran concurrently: waiting for the others is included");
    expect(table.text).toMatch(/± \d+ᵃ/);
    expect(() => qualityTable(together, { showTtft: "yes" as unknown as boolean })).toThrow(
      'showTtft must be true or false; received "yes".',
    );
  });

  it("keeps the times of logs that ran one by one, or don't say", () => {
    for (const concurrency of [1, null]) {
      const table = qualityTable(at(concurrency));
      expect(table.text).toContain("TTFT");
      expect(table.rows[1]!.speedup).toBeCloseTo(4, 9);
    }
    const { concurrency: _, ...old } = REPORT_ROWS.quality[0]!;
    expect(qualityTable([old as (typeof REPORT_ROWS.quality)[number]]).rows[0]!.ttft_mean_seconds).toBe(1);
  });

  it("never mixes them with times of requests alone, nor compares the two", () => {
    const mixed = [...at(1), ...together.map((row) => ({ ...row, ttft_seconds: 50 }))];
    expect(qualityTable(mixed).rows.map(({ ttft_mean_seconds }) => ttft_mean_seconds)).toEqual(
      qualityTable(at(1)).rows.map(({ ttft_mean_seconds }) => ttft_mean_seconds),
    );
    expect(qualityTable(mixed, { showTtft: true }).rows[0]!.ttft_mean_seconds).toBeNull();
    const apart = [
      ...at(1).filter(({ method }) => method === "full_prefill"),
      ...together.filter(({ method }) => method === "cacheblend"),
    ];
    const hidden = qualityTable(apart);
    expect(hidden.rows[1]).toMatchObject({ ttft_mean_seconds: null, speedup: null });
    expect(hidden.footnotes.join()).toContain(
      "8 examples ran concurrently: a request's TTFT includes waiting",
    );
    const shown = qualityTable(apart, { showTtft: true });
    expect(shown.rows[1]!.speedup).toBeNull();
    expect(shown.footnotes).toContain("the baseline ran with a different number of concurrent examples");
  });

  it("is not in the chart of quality against TTFT, whose subtitle says so", () => {
    expect(qualityChart(together).figure.data).toEqual([]);
    expect(qualityChart(together).caption).toContain("no TTFT of 8 concurrent examples (showTtft)");
    const shown = qualityChart(together, { showTtft: true });
    expect(shown.figure.data.length).toBeGreaterThan(0);
    expect(shown.caption).toContain("TTFT with 8 concurrent examples");
  });

  it("is a warning of the report", () => {
    expect(reportWarnings({ ttft: [], blend: [], load: [], proxy: [], quality: together }, [])).toContain(
      "quality: 16 of 16 requests ran concurrently with other examples and waited for them; their TTFT is not that of a request alone.",
    );
  });
});
