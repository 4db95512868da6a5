import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import type { Chart } from "../../../src/charts/chart.js";
import { staticSvg } from "../../../src/charts/static-svg.js";
import { ttftChart } from "../../../src/report/ttft/ttft-chart.js";
import { row, rows } from "../ttft-rows.js";

const sweep = [1000, 4000, 16000].flatMap((context_target) => [
  ...rows(
    "vLLM",
    "cold",
    [1, 1.1, 1.2, 1.3, 9].map((x) => (x * context_target) / 20_000),
    { context_target },
  ),
  ...rows(
    "vLLM",
    "warm",
    [1, 1.1, 1.2].map((x) => (x * context_target) / 200_000),
    { context_target },
  ),
  ...rows("LMCache", "cold", [context_target / 30_000], { context_target }),
]);

type Axis = { type: string; title: { text: string }; tickvals?: number[]; ticktext?: string[] };
const layoutOf = ({ figure }: Chart) =>
  figure.layout as unknown as { xaxis: Axis; yaxis: Axis; title: { subtitle: { text: string } } };

describe("ttftChart", () => {
  it("draws medians with bars over the interquartile range, one colour a label, warm dashed", () => {
    const { data } = ttftChart(sweep).figure;
    expect(data.map(({ name }) => name)).toEqual(["vLLM, cold", "vLLM, warm", "LMCache, cold"]);
    expect(data[0]).toMatchObject({ x: [1000, 4000, 16000], line: { dash: "solid" } });
    expect((data[0]!.customdata as unknown[])[0]).toEqual([
      "1,000 tokens",
      "60.0 ms",
      "IQR 55.0 to 65.0 ms",
      "5",
    ]);
    expect((data[0]!.y as number[])[0]).toBeCloseTo(60, 9);
    const bars = data[0]!.error_y as { array: number[]; arrayminus: number[] };
    expect(bars.array[0]).toBeCloseTo(5, 9);
    expect(bars.arrayminus[0]).toBeCloseTo(5, 9);
    expect(data[1]).toMatchObject({
      line: { dash: "dash", color: (data[0]!.line as { color: string }).color },
    });
    expect((data[2]!.line as { color: string }).color).not.toBe((data[0]!.line as { color: string }).color);
  });

  it("has logarithmic axes where the values span a decade, linear ones elsewhere", () => {
    const wide = layoutOf(ttftChart(sweep));
    expect(wide.xaxis).toMatchObject({
      type: "log",
      title: { text: "context (tokens)" },
      ticktext: ["1,000", "4,000", "16,000"],
    });
    expect(wide.yaxis).toMatchObject({ type: "log", title: { text: "TTFT (ms)" } });
    expect(wide.yaxis.ticktext).toContain("100");
    const narrow = layoutOf(
      ttftChart([1000, 2000].flatMap((context_target) => rows("a", "cold", [0.1, 0.2], { context_target }))),
    );
    expect(narrow.xaxis.type).toBe("linear");
    expect(narrow.yaxis.type).toBe("linear");
  });

  it("has logarithmic axes where lengths double, also within a decade", () => {
    const doubling = layoutOf(
      ttftChart(
        [512, 1_024, 2_048].flatMap((context_target) =>
          rows("a", "cold", [context_target / 10_000], { context_target }),
        ),
      ),
    );
    expect([doubling.xaxis.type, doubling.yaxis.type]).toEqual(["log", "log"]);
    expect(doubling.yaxis.ticktext).toContain("150");
  });

  it("shows every request beside its median at one length, where a line would be a dot", () => {
    const { data, layout } = ttftChart([
      ...rows("vLLM", "cold", [0.3, 0.1, 0.2]),
      ...rows("vLLM", "warm", [0.01]),
    ]).figure;
    expect(data.map(({ name, x }) => [name, x])).toEqual([
      ["cold", [300, 100, 200]],
      ["cold, median", [200]],
      ["warm", [10]],
      ["warm, median", [10]],
    ]);
    // The medians in ms stand beside the rows, and the rows are named by what they are.
    expect(layout.annotations).toMatchObject([{ text: "200" }, { text: "10.0" }]);
    expect(layout.yaxis).toMatchObject({ ticktext: ["cold", "warm"] });
    expect(layout.title).toMatchObject({
      subtitle: { text: "vLLM; context of 1,000 tokens; every request, with the median in ms" },
    });
  });

  it("leaves failed and contradicted requests out and says how many", () => {
    const chart = ttftChart([
      ...sweep,
      row("vLLM", "cold", { outcome: "timeout", ttft_seconds: 300 }),
      row("vLLM", "cold", { evidence: "contradicted", ttft_seconds: 0.0001 }),
    ]);
    expect(layoutOf(chart).title.subtitle.text).toBe(
      "median and IQR of the requests; left out: 1 failed, 1 contradicted",
    );
    expect(chart.figure.data).toEqual(ttftChart(sweep).figure.data);
  });

  it("is plain JSON, and of no rows an empty chart", () => {
    const chart = ttftChart(sweep);
    expect(JSON.parse(JSON.stringify(chart))).toEqual(chart.figure);
    expect(ttftChart([]).figure.data).toEqual([]);
  });
});

describe("the static picture", () => {
  it("is a standalone SVG with every word of the figure, the same every time", async () => {
    const [one, two] = await Promise.all([ttftChart(sweep).svg(), ttftChart(sweep).svg()]);
    expect(one).toBe(two);
    const { document } = new JSDOM(one, { contentType: "image/svg+xml" }).window;
    expect(document.documentElement.localName).toBe("svg");
    const words = [...document.querySelectorAll("text")].map((text) => text.textContent);
    for (const word of [
      "Time to first token",
      "TTFT (ms)",
      "context (tokens)",
      "16,000",
      "100",
      "vLLM, cold",
      "LMCache, cold",
    ]) {
      expect(words).toContain(word);
    }
    // A line of each trace, named at its end: there is no legend.
    expect(document.querySelectorAll("path.js-line")).toHaveLength(3);
  });

  it("gives every text the width it was laid out with, so that no font of a viewer cuts a legend", async () => {
    const { document } = new JSDOM(await ttftChart(sweep).svg(), { contentType: "image/svg+xml" }).window;
    const texts = [...document.querySelectorAll("text")];
    const name = texts.find(({ textContent }) => textContent === "LMCache, cold")!;
    // Helvetica's widths (Adobe Core 14 AFM): 6.669 em together, at 13 pixels.
    expect(Number(name.getAttribute("textLength"))).toBeCloseTo(6.669 * 13, 1);
    for (const text of texts) expect(Number(text.getAttribute("textLength"))).toBeGreaterThan(0);
  });

  it("shows hostile labels as text", async () => {
    const evil = '<script>alert(1)</script><a href="javascript:alert(1)">x</a>&amp;<b>b</b>';
    const svg = await ttftChart(
      [1_000, 2_000].flatMap((context_target) => rows(evil, "cold", [0.1, 0.2], { context_target })),
      { title: evil },
    ).svg();
    const { document } = new JSDOM(svg, { contentType: "image/svg+xml" }).window;
    expect(document.querySelectorAll("script, a, foreignObject")).toHaveLength(0);
    const words = [...document.querySelectorAll("text")].map((text) => text.textContent);
    expect(words).toContain(evil);
    expect(words).toContain(`${evil}, cold`);
  });

  it("names what it could not draw", async () => {
    await expect(
      staticSvg({ data: [{ type: "scatter", x: [1], y: [1] }], layout: { width: -5, height: "x" } }),
    ).rejects.toThrow(/^Plotly could not draw the figure: /);
  });
});
