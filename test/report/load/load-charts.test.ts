import { describe, expect, it } from "vitest";
import { goodputChart } from "../../../src/report/load/goodput-chart.js";
import { loadChart } from "../../../src/report/load/load-chart.js";
import { loadTable } from "../../../src/report/load/load-table.js";
import { chartHtml } from "../../../src/report/page/chart-html.js";
import { valuesTable } from "../../../src/report/page/chart-values.js";
import { SIMULATED, simulatedLoad } from "../load-rows.js";

const rows = simulatedLoad();

describe("loadChart", () => {
  it("draws the median and p95 of each label against the rate, as its table has them", () => {
    const { figure } = loadChart(rows);
    expect(figure.data.map(({ name, line }) => [name, (line as { dash: string }).dash])).toEqual(
      SIMULATED.flatMap(({ label }) => [
        [`${label}, p50`, "solid"],
        [`${label}, p95`, "dash"],
      ]),
    );
    const table = loadTable(rows).rows.filter(({ label }) => label === "Full prefill");
    expect(figure.data[0]).toMatchObject({
      x: [0.5, 1, 2],
      y: table.map((row) => 1_000 * row.ttft_p50_seconds!),
    });
    expect(figure.data[1]!.y).toEqual(table.map((row) => 1_000 * row.ttft_p95_seconds!));
    // From 0.12 s to 2.5 s: more than a decade.
    expect(figure.layout.yaxis).toMatchObject({ type: "log" });
  });

  it("has no point of a level that never settled, and hollow ones where the client was the limit", () => {
    const { figure, caption } = loadChart(
      simulatedLoad({
        labels: SIMULATED.slice(0, 1),
        fields: ({ rate, block }) => ({
          block_steady: rate !== 2,
          client_limit: rate === 1 && block === 1 ? "busy" : "none",
        }),
      }),
      { percentiles: [50] },
    );
    expect(figure.data[0]).toMatchObject({ x: [0.5, 1], marker: { symbol: ["circle", "circle-open"] } });
    expect(caption).toContain("never settled: Full prefill at 2/s");
    expect(caption).toContain("hollow: the client may have been the limit");
  });

  it("breaks a line at a level between two others that never settled, or of which nothing ended well", async () => {
    for (const fields of [
      ({ rate }: { rate: number }) => ({ block_steady: rate !== 1 }),
      ({ rate }: { rate: number }) => (rate === 1 ? { outcome: "error" as const } : {}),
    ]) {
      const broken = simulatedLoad({ labels: SIMULATED.slice(0, 1), fields });
      const median = loadTable(broken).rows.map(({ ttft_p50_seconds: s }) => s && 1_000 * s);
      const chart = loadChart(broken, { percentiles: [50] });
      expect(chart.figure.data[0]).toMatchObject({ x: [0.5, 1, 2], y: [median[0], null, median[2]] });
      expect((chart.figure.data[0]!.customdata as unknown[])[1]).toBeNull();
      expect(valuesTable(chart).rows.map(({ x }) => x)).toEqual(["0.500 requests/s", "2.00 requests/s"]);
      // Drawn for a wide and a narrow window, with words at each point.
      expect((await chartHtml(chart)).match(/class="point-words"/g)).toHaveLength(4);
    }
    const goodput = goodputChart(
      simulatedLoad({
        labels: SIMULATED.slice(0, 1),
        fields: ({ rate }) => ({ block_steady: rate !== 1 }),
      }),
      { slo: { ttftSeconds: 0.5 } },
    );
    expect(goodput.figure.data[0]).toMatchObject({
      x: [0.5, 1, 2],
      y: [expect.any(Number), null, expect.any(Number)],
    });
  });

  it("draws a row for each percentile at one level, where lines would be dots", () => {
    const one = rows.filter(({ rate_per_second }) => rate_per_second === 1);
    const { figure, caption, sketch } = loadChart(one);
    const table = loadTable(one).rows;
    expect(figure.data).toMatchObject([
      { name: "p50", x: table.map((row) => 1_000 * row.ttft_p50_seconds!) },
      { name: "p95", x: table.map((row) => 1_000 * row.ttft_p95_seconds!) },
    ]);
    expect(caption).toContain("1.00 requests/s");
    expect(sketch.inPanels!.data).toHaveLength(6);
  });

  it("draws against concurrency where no rate was kept", () => {
    const closed = rows.map((row) => ({
      ...row,
      ...{
        arrivals: "closed" as const,
        rate_per_second: null,
        concurrency: 4 * row.level,
        wait_seconds: null,
      },
    }));
    const { figure } = loadChart(closed);
    expect(figure.data[0]!.x).toEqual([4, 8, 12]);
    expect(figure.layout.xaxis).toMatchObject({ title: { text: "concurrent requests" } });
    expect(loadChart([...closed, ...rows]).caption).toContain("levels without a rate are not shown");
  });

  it("escapes what a label holds", () => {
    const { figure } = loadChart(rows.map((row) => ({ ...row, label: "<b>x" })));
    expect(JSON.stringify(figure)).not.toContain("<b>");
  });

  it("refuses percentiles that are none, and draws nothing of nothing", () => {
    expect(() => loadChart(rows, { percentiles: [] })).toThrow("percentiles must be a list of numbers");
    expect(loadChart([]).figure.data).toEqual([]);
  });
});

describe("goodputChart", () => {
  it("draws goodput with its interval, and the rate at which all would be good", () => {
    const slo = { ttftSeconds: 1 };
    const { figure, caption } = goodputChart(rows, { slo });
    const table = loadTable(rows, { slo }).rows.filter(({ label }) => label === "Full prefill");
    expect(figure.data[0]).toMatchObject({ y: table.map((row) => row.goodput_per_second) });
    const { array } = figure.data[0]!.error_y as { array: number[] };
    expect(array[2]!).toBeCloseTo(table[2]!.goodput_high! - table[2]!.goodput_per_second!, 12);
    expect(figure.data.at(-1)).toMatchObject({ name: "every request good", x: [0, 2], y: [0, 2] });
    expect(caption).toContain("TTFT ≤ 1 s");
  });

  it("has hollow points where the client was the limit, and none of a level that never settled", () => {
    const { figure, caption } = goodputChart(
      simulatedLoad({
        labels: SIMULATED.slice(0, 1),
        fields: ({ rate, block }) => ({
          block_steady: rate !== 2,
          client_limit: rate === 1 && block === 1 ? "busy" : "none",
        }),
      }),
      { slo: { ttftSeconds: 1 } },
    );
    expect(figure.data[0]).toMatchObject({ x: [0.5, 1], marker: { symbol: ["circle", "circle-open"] } });
    expect(caption).toContain("hollow: the client may have been the limit");
  });

  it("needs an objective", () => {
    expect(() => goodputChart(rows, { slo: {} })).toThrow("slo must state at least one");
  });
});
