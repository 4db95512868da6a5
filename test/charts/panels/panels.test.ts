import { describe, expect, it } from "vitest";
import { Chart } from "../../../src/charts/chart.js";
import { type PanelsOptions, panels } from "../../../src/charts/panels/panels.js";
import { loadChart } from "../../../src/report/load/load-chart.js";
import { simulatedLoad } from "../../report/load-rows.js";

const rows = [
  ...simulatedLoad({ blocks: 1 }),
  // The second model lacks the first label, so that labels have other places there.
  ...simulatedLoad({ blocks: 1, fields: () => ({ model: "large" }) }).filter(
    ({ label }) => label !== "Full prefill",
  ),
];
const draw = (options: PanelsOptions<keyof (typeof rows)[number] & string>, own = rows) =>
  panels(own, (inside) => loadChart(inside, { percentiles: [50] }), options);

describe("panels", () => {
  it("puts a chart for each value side by side, with one legend and one colour for a name", () => {
    const { figure, caption } = draw({ columns: "model" });
    expect(figure.data.map(({ name, xaxis, showlegend }) => [name, xaxis, showlegend])).toEqual([
      ["Full prefill, p50", "x", true],
      ["Prefix cache, p50", "x", true],
      ["CacheBlend 15%, p50", "x", true],
      ["Prefix cache, p50", "x2", false],
      ["CacheBlend 15%, p50", "x2", false],
    ]);
    const colours = figure.data.map(({ line }) => (line as { color: string }).color);
    expect(colours.slice(3)).toEqual(colours.slice(1, 3));
    expect(new Set(colours).size).toBe(3);
    expect(figure.layout.annotations).toMatchObject([
      { text: "tiny" },
      { text: "large" },
      { text: "request rate (requests/s)" },
    ]);
    expect(caption).toBe("Time to first token under load: by model");
  });

  it("keeps the axes common, with their words at the edges alone", () => {
    const { layout } = draw({ columns: "model", rows: "rate_per_second" }).figure;
    for (const n of [2, 3, 4, 5, 6]) {
      expect(layout[`xaxis${n}`]).toMatchObject({ matches: "x", anchor: `y${n}` });
      expect(layout[`yaxis${n}`]).toMatchObject({ matches: "y", anchor: `x${n}` });
    }
    // Three rates below each other, the least above; two models side by side.
    expect(layout.yaxis).toMatchObject({ title: { text: "TTFT (ms)" } });
    expect(layout.yaxis2).toMatchObject({ title: undefined, showticklabels: false });
    expect(layout.xaxis).toMatchObject({ title: undefined });
    expect(layout.xaxis5).toMatchObject({ title: undefined, showticklabels: true });
    const [top, bottom] = [layout.yaxis, layout.yaxis5] as { domain: [number, number] }[];
    expect(top!.domain[0]).toBeGreaterThan(bottom!.domain[1]);
  });

  it("names each row's own measure, where rows have another on the same scale", () => {
    const { layout } = panels(
      rows,
      (inside) => {
        const { data, layout } = loadChart(inside, { percentiles: [50] }).sketch;
        const title = { text: `at ${inside[0]!.rate_per_second}` };
        return new Chart({ data, layout: { ...layout, yaxis: { ...(layout.yaxis as object), title } } });
      },
      { columns: "model", rows: "rate_per_second" },
    ).figure;
    const titles = ["yaxis", "yaxis3", "yaxis5"].map((axis) => (layout[axis] as { title: object }).title);
    expect(titles).toMatchObject([{ text: "at 0.5" }, { text: "at 1" }, { text: "at 2" }]);
  });

  it("tells lines apart by any column", () => {
    const names = draw({ columns: "model", series: "method" }).figure.data.map(({ name }) => name);
    expect(new Set(names)).toEqual(new Set(["full_prefill, p50", "prefix_cache, p50", "cacheblend, p50"]));
  });

  it("are one where only the column of the lines is named, with the chart's own words", () => {
    const { figure, caption } = draw({ series: "method" });
    expect(new Set(figure.data.map(({ xaxis }) => xaxis))).toEqual(new Set(["x"]));
    expect(caption).toMatch(/^Time to first token under load: (?!by )\S/);
  });

  it("escapes the values", () => {
    const { figure } = draw(
      { columns: "model" },
      rows.map((row) => ({ ...row, model: "<b>" })),
    );
    expect(JSON.stringify(figure.layout.annotations)).not.toContain("<b>");
  });

  it("refuses no column, one that is not there, and more panels than a figure holds", () => {
    expect(() => draw({})).toThrow("columns or rows or series must name a column of the rows");
    expect(() => draw({ columns: "colour" as "model" })).toThrow("columns must be a column of the rows");
    expect(() => draw({ columns: "run_index" })).toThrow("panels must be at most 36");
    expect(draw({ columns: "model" }, []).figure.data).toEqual([]);
  });

  it("is drawn, on the screen and in print", async () => {
    const chart = draw({ columns: "model", rows: "workload" });
    expect(await chart.svg()).toContain("large");
    expect(chart).toBeInstanceOf(Chart);
  });
});
