import { describe, expect, it } from "vitest";
import { loadTable } from "../../../src/report/load/load-table.js";
import { blendTable } from "../../../src/report/methods/blend-table.js";
import { qualityTable } from "../../../src/report/methods/quality-table.js";
import {
  comparedBlend,
  comparedLoad,
  comparedProxies,
  comparedQuality,
  comparedTtft,
  comparisonSentences,
  comparisonTable,
} from "../../../src/report/page/comparison.js";
import { reportSections } from "../../../src/report/page/report-sections.js";
import { reportTable } from "../../../src/report/page/report-table.js";
import { proxyTable } from "../../../src/report/proxy/proxy-table.js";
import { compareTtft } from "../../../src/report/ttft/ttft-comparison.js";
import { simulatedLoad } from "../load-rows.js";
import { REPORT_ROWS } from "../report-rows.js";
import { row } from "../ttft-rows.js";

const NO_ROWS = { ttft: [], blend: [], quality: [], load: [], proxy: [] };
const noise = [0.98, 0.99, 1, 1.01, 1.02];
const label = (name: string, seconds: number) =>
  noise.map((factor) => row(name, "cold", { ttft_seconds: seconds * factor }));

describe("what two labels compared show", () => {
  it("says which baseline was taken where none was named, in every kind, and nothing where one was or full prefill is one", () => {
    const said = (rows: Partial<Parameters<typeof reportSections>[0]>, baseline?: string) =>
      reportSections({ ...NO_ROWS, ...rows }, baseline).flatMap(({ compared }) => compared?.cautions ?? []);
    const first = (name: string) =>
      `No baseline was named: all are compared with ${name}, the first label that was read. --baseline (baseline) names another.`;
    const ttft = [...label("B", 1), ...label("A", 2)];
    expect(said({ ttft })).toEqual([first("B")]);
    expect(said({ ttft }, "A")).toEqual([]);
    expect(said({ ttft: label("A", 1) })).toEqual([]);
    const { blend, quality } = REPORT_ROWS;
    for (const kinds of [{ blend }, { quality }, { load: simulatedLoad() }]) {
      expect(said(kinds).join(" ")).not.toContain("No baseline");
      const [[kind, rows]] = Object.entries(kinds) as [
        [string, readonly { method: string; label: string }[]],
      ];
      const without = rows
        .filter(({ method }) => method !== "full_prefill")
        .flatMap((one) => [one, { ...one, label: `${one.label} again` }]);
      expect(said({ [kind]: without }).join(" "), kind).toContain(first(without[0]!.label));
    }
  });

  it("is sooner, later or not significant by the interval of the speed-up", () => {
    const rows = [...label("A", 1), ...label("fast", 0.5), ...label("slow", 2), ...label("same", 1)];
    const compared = comparedTtft(compareTtft(rows, { baseline: "A" }));
    expect(compared.rows.map(({ label, verdict }) => [label, verdict])).toEqual([
      ["fast", "sooner"],
      ["slow", "later"],
      ["same", "not significant"],
    ]);
    expect(compared.rows[0]!.difference).toBe(2);
    expect(comparisonSentences(compared)[0]).toBe("fast against A, TTFT: sooner (2.00 ×).");
  });

  it("names first what has no counterpart, also where nothing has one", () => {
    const longer = label("B", 2).map((one) => ({ ...one, context_target: 4_000, context_tokens: 4_000 }));
    const said = "Not compared because the baseline was not measured there: B at 4,000.";
    const some = comparedTtft(
      compareTtft([...label("A", 1), ...label("B", 2), ...longer], { baseline: "A" }),
    );
    expect(comparisonSentences(some)).toEqual([said, "B against A, TTFT: later (0.500 ×)."]);
    const { compared } = reportSections({ ...NO_ROWS, ttft: [...label("A", 1), ...longer] }, "A").find(
      ({ compared }) => compared !== null,
    )!;
    expect(comparisonSentences(compared!)).toEqual([said]);
    const load = loadTable(simulatedLoad()).rows;
    const alone = load.map((one, index) => (index === load.length - 1 ? { ...one, baseline: null } : one));
    expect(comparisonSentences(comparedLoad(alone))[0]).toMatch(
      /^Not compared, because the baseline has no counterpart: .+ at \S+ requests\/s\.$/,
    );
  });

  it("is not known where there is no interval", () => {
    const compared = comparedTtft(compareTtft([...label("A", 1), label("B", 0.5)[0]!], { baseline: "A" }));
    expect(compared.rows[0]).toMatchObject({ verdict: "not known", difference_low: null });
  });

  it("has the numbers of each table, and leaves the baseline itself out", () => {
    const blend = blendTable(REPORT_ROWS.blend).rows;
    expect(comparedBlend(blend).rows.map(({ difference }) => difference)).toEqual(
      blend.filter(({ is_baseline }) => !is_baseline).map(({ speedup }) => speedup),
    );
    const quality = qualityTable(REPORT_ROWS.quality).rows;
    expect(comparedQuality(quality).rows.map(({ difference }) => difference)).toEqual(
      quality.filter(({ is_baseline }) => !is_baseline).map(({ difference }) => difference),
    );
    const load = loadTable(simulatedLoad()).rows;
    expect(comparedLoad(load).rows.map(({ difference }) => difference)).toEqual(
      load.filter(({ is_baseline }) => !is_baseline).map(({ speedup }) => speedup),
    );
    const proxy = proxyTable(REPORT_ROWS.proxy).rows;
    expect(comparedProxies(proxy).rows.map(({ difference, baseline }) => [difference, baseline])).toEqual(
      proxy.map(({ overhead_seconds }) => [overhead_seconds, "direct requests"]),
    );
  });

  it("names a part of a ramp by its bounds, because no rate was kept", () => {
    const rate = (row: (typeof rows)[number]) => 2 + (8 * (row.run_index - 1)) / 99;
    const rows = simulatedLoad();
    const ramped = rows.map((row) => ({
      ...row,
      ...{ rate_per_second: null, ramp_strategy: "linear" as const, ramp_seconds: 10 },
      ...{ ramp_start_per_second: 2, ramp_end_per_second: 10, ramp_rate_per_second: rate(row) },
    }));
    const { rows: compared } = comparedLoad(loadTable(ramped).rows);
    expect(compared.length).toBeGreaterThan(0);
    expect(compared[0]!.at).toMatch(/^2\.00–[\d.]+ requests\/s of a ramp$/);
  });

  it("says before anything else that times are not defined alike", () => {
    const rows = [
      ...label("A", 1),
      ...label("B", 0.5).map((one) => ({
        ...one,
        source_tool: "a tool",
        ttft_definition: "the first event",
      })),
    ];
    const [section] = reportSections({ ttft: rows, blend: [], quality: [], load: [], proxy: [] });
    const compared = section!.compared!;
    expect(comparisonSentences(compared)[0]).toContain("These tools define TTFT differently");
    const html = comparisonTable(compared).as(reportTable("Compared"));
    expect(html).toContain("a tool counts to the first event (B)");
    const alike = comparedTtft(compareTtft([...label("A", 1), ...label("B", 2)], { baseline: "A" }));
    expect(comparisonSentences(alike)).toHaveLength(1);
  });

  it("is a table with the verdict first, and every text in it is escaped", () => {
    const rows = [...label("A", 1), ...label("<script>alert(1)</script>", 0.5)];
    const html = comparisonTable(comparedTtft(compareTtft(rows, { baseline: "A" }))).as(
      reportTable("Compared"),
    );
    expect(html).toContain('<tbody><tr><th scope="row" class="left">sooner</th>');
    expect(html).not.toContain("<script>");
  });
});
