import { JSDOM } from "jsdom";
import { afterEach, describe, expect, it, vi } from "vitest";
import { OptionError } from "../../src/domain/errors/errors.js";
import { display } from "../../src/notebook/display.js";
import { plotlyBundle } from "../../src/notebook/output/plotly-library.js";
import { ttftChart } from "../../src/report/ttft/ttft-chart.js";
import { ttftTable } from "../../src/report/ttft/ttft-table.js";
import { row, rows } from "../report/ttft-rows.js";
import { standInKernel } from "./stand-in-kernel.js";

const kernel = standInKernel();
afterEach(() => kernel.leave());

const sweep = [512, 4096].flatMap((context_target) => [
  ...rows("vLLM", "cold", [0.2, 0.3], { context_target }),
  ...rows("vLLM", "warm", [0.02, 0.03], { context_target }),
]);
const page = (html: string) => new JSDOM(html).window.document;
const sourceOf = (image: Element) =>
  decodeURIComponent(image.getAttribute("src")!.replace(/^data:image\/svg\+xml,/, ""));

describe("display in a notebook", () => {
  it("shows a chart as Plotly's JSON, a picture in HTML, SVG and words", () => {
    const shown = kernel.runCell();
    const chart = ttftChart(sweep);
    display(chart);
    const { data } = shown.at(-1)!;
    expect(Object.keys(data)).toEqual([
      "application/vnd.plotly.v1+json",
      "text/html",
      "image/svg+xml",
      "text/plain",
    ]);
    expect(data["application/vnd.plotly.v1+json"]).toEqual(chart.figure);
    const image = page(data["text/html"]!).querySelector("img")!;
    expect(sourceOf(image)).toBe(data["image/svg+xml"]);
    expect(JSON.parse(image.getAttribute("data-figure")!)).toEqual(chart.figure);
    expect(data["text/plain"]).toBe(
      "Chart: Time to first token — median and IQR of the requests\nLines: vLLM, cold; vLLM, warm",
    );
  });

  it("shows a table in every form", () => {
    const shown = kernel.runCell();
    const table = ttftTable(sweep);
    display(table);
    expect(shown).toEqual([
      {
        data: {
          "text/html": table.html,
          "text/markdown": table.markdown,
          "text/latex": table.latex,
          "text/plain": table.text,
        },
        id: undefined,
        isUpdate: false,
      },
    ]);
  });

  it("shows rows as a table of their keys: the first twenty, null as null, a missing key as nothing", () => {
    const shown = kernel.runCell();
    display(
      Array.from({ length: 21 }, (_, i) => (i === 0 ? { a: 1.23456789, b: null } : { a: i, c: ["x"] })),
    );
    const table = page(shown[0]!.data["text/html"]!);
    const texts = (selector: string) => [...table.querySelectorAll(selector)].map((cell) => cell.textContent);
    expect(texts("th")).toEqual(["a", "b", "c"]);
    expect(texts("tbody tr:first-child td")).toEqual(["1.23457", "null", ""]);
    expect(texts("tbody tr:nth-child(2) td")).toEqual(["1", "", '["x"]']);
    expect(table.querySelectorAll("tbody tr")).toHaveLength(20);
    expect(texts("tfoot")).toEqual(["The first 20 of 21 rows, 3 columns."]);
  });

  it("shows the columns and the number of rows that are asked for, times in milliseconds", () => {
    const shown = kernel.runCell();
    const found = [0.0123456, 1.5, 0].map((ttft_seconds, i) => ({ i, label: "a", ttft_seconds }));
    display(found, { columns: ["ttft_seconds", "i"], limit: 2 });
    display(found, { columns: ["label"] });
    const [two, all] = shown.map(({ data }) => page(data["text/html"]!));
    const texts = (of: Document, selector: string) =>
      [...of.querySelectorAll(selector)].map((cell) => cell.textContent);
    expect(texts(two!, "th")).toEqual(["ttft_seconds", "i"]);
    expect(texts(two!, "tbody td")).toEqual(["12.3 ms", "0", "1,500 ms", "1"]);
    expect(texts(two!, "tfoot")).toEqual(["The first 2 of 3 rows, 3 columns."]);
    expect(texts(all!, "tbody td")).toEqual(["a", "a", "a"]);
    expect(() => display(found, { columns: ["lable" as "label"] })).toThrow(
      'columns must be among i, label, ttft_seconds; received "lable".',
    );
    expect(() => display(found, { limit: 0 })).toThrow(OptionError);
    // @ts-expect-error: a row has no such key
    expect(() => display(found, { columns: ["ttft"] })).toThrow(OptionError);
  });

  it("shows some columns of a table, by their headers, with or without the unit", () => {
    const shown = kernel.runCell();
    const table = ttftTable(sweep);
    const headers = [...page(table.html).querySelectorAll("th")].map((cell) => cell.textContent);
    display(table, { columns: [headers[2]!, headers[0]!], limit: 1 });
    const some = page(shown[0]!.data["text/html"]!);
    expect([...some.querySelectorAll("th")].map((cell) => cell.textContent)).toEqual([
      headers[2],
      headers[0],
    ]);
    expect(some.querySelectorAll("tbody tr")).toHaveLength(1);
    expect(table.select({ limit: 1 }).footnotes).toContain("The first 1 of 2 rows.");
    expect(table.select({ limit: 1 }).rows).toEqual(table.rows.slice(0, 1));
    expect(() => display(table, { columns: ["TFTT"] })).toThrow(
      /^columns must be among .*; received "TFTT"\.$/,
    );
  });

  it("refuses what it can't show, and a figure that Plotly can't draw", () => {
    kernel.runCell();
    // @ts-expect-error: a number is nothing to show
    expect(() => display(7)).toThrow(OptionError);
    // @ts-expect-error: nor are words
    expect(() => display([..."abc"])).toThrow(
      "display takes tables, charts, danfojs frames and rows; received a,b,c.",
    );
    const impossible = { figure: { data: [{ x: [1], y: [1] }], layout: { width: -5, height: "x" } } };
    expect(() => display(impossible)).toThrow(/^Plotly could not draw the figure: /);
    expect(() => display(ttftChart(sweep))).not.toThrow();
  });
});

describe("a notebook", () => {
  it("with ten charts and Plotly stays below 1.5 MB", () => {
    const many = ["vLLM", "vLLM + LMCache", "SGLang", "llama.cpp"].flatMap((label) =>
      [512, 1024, 2048, 4096, 8192, 16384].flatMap((context_target) => [
        ...rows(
          label,
          "cold",
          [1, 1.1, 1.2].map((x) => (x * context_target) / 20_000),
          { context_target },
        ),
        ...rows(
          label,
          "warm",
          [1, 1.1, 1.2].map((x) => (x * context_target) / 200_000),
          { context_target },
        ),
      ]),
    );
    const shown = kernel.runCell();
    display(ttftChart(many));
    const chart = JSON.stringify(shown.at(-1)).length;
    const plotly = JSON.stringify(plotlyBundle()).length;
    expect(10 * chart + plotly).toBeLessThan(1_500_000);
  });
});

describe("what comes from servers and datasets", () => {
  const evil = `</td></script><script>alert(1)</script><img src=x onerror="alert(1)">' "&amp;`;
  const hostile = [
    row(evil, "cold", {
      context_target: 512,
      ttft_seconds: 0.1,
      prompt: evil,
      model: evil,
      prompt_kind: evil,
    }),
    row(evil, "warm", { context_target: 512, ttft_seconds: null, outcome: "error" }),
  ];
  const prediction = { example_id: "1", prediction: evil, error: evil, [evil]: evil };

  const bundles = (() => {
    const shown = kernel.runCell();
    display(ttftChart(hostile, { title: evil }), ttftTable(hostile), hostile, [prediction]);
    return shown.map(({ data }) => data).filter((data) => !data["text/html"]!.includes("data-plotly="));
  })();

  it("is text in HTML: no element, no handler but the chart's own", () => {
    for (const data of bundles) {
      const document = page(data["text/html"]!);
      expect(document.querySelectorAll("script, [onerror], a, iframe")).toHaveLength(0);
      const images = [...document.querySelectorAll("img")];
      expect(
        images.every((image) => image.getAttribute("onload") === "(window.firsttokenCharts??=[]).push(this)"),
      ).toBe(true);
      expect(images.length).toBe("image/svg+xml" in data ? 1 : 0);
    }
  });

  it("is text in SVG, alone and within the image", () => {
    const data = bundles[0]!;
    for (const svg of [data["image/svg+xml"]!, sourceOf(page(data["text/html"]!).querySelector("img")!)]) {
      const { document } = new JSDOM(svg, { contentType: "image/svg+xml" }).window;
      expect(document.querySelectorAll("script, image, a, foreignObject")).toHaveLength(0);
      expect([...document.querySelectorAll("text")].map((text) => text.textContent)).toContain(evil);
    }
  });

  it("is text to Plotly, which reads tags in titles and names", () => {
    const json = JSON.stringify(bundles[0]!["application/vnd.plotly.v1+json"]);
    expect(json).not.toMatch(/<(?:script|img|a|\/)/);
    expect(json).toContain("&lt;script&gt;");
  });

  it("opens no tag in Markdown but that of a footnote's mark", () => {
    for (const { "text/markdown": markdown } of bundles.slice(1)) {
      expect(markdown).toContain("&lt;script&gt;");
      expect(new Set(markdown!.match(/<[^\s>]*>?/g) ?? [])).toEqual(
        new Set(markdown!.includes("<sup>") ? ["<sup>", "</sup>"] : []),
      );
    }
  });
});

describe("display elsewhere", () => {
  it("prints the text", () => {
    const printed = vi.spyOn(console, "log").mockImplementation(() => {});
    const table = ttftTable(sweep);
    display(table, ttftChart(sweep));
    expect(printed.mock.calls).toEqual([
      [table.text],
      ["Chart: Time to first token — median and IQR of the requests\nLines: vLLM, cold; vLLM, warm"],
    ]);
    printed.mockRestore();
  });
});
