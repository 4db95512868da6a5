import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { printFigure, UNITS_PER_POINT } from "../../src/charts/layout/print-theme.js";
import { FirstTokenError, OptionError } from "../../src/domain/errors/errors.js";
import { ttftChart } from "../../src/report/ttft/ttft-chart.js";
import { rows } from "../report/ttft-rows.js";

const folder = mkdtempSync(join(tmpdir(), "save-chart-"));
afterAll(() => rmSync(folder, { recursive: true }));

const sweep = ["vLLM", "LMCache"].flatMap((label, i) =>
  [1000, 4000].flatMap((context_target) => [
    ...rows(
      label,
      "cold",
      [1, 2, 3].map((x) => (x * context_target) / (1000 + i)),
      { context_target },
    ),
    ...rows(
      label,
      "warm",
      [1, 2, 3].map((x) => (x * context_target) / 9000),
      { context_target },
    ),
  ]),
);
const chart = ttftChart(sweep, { title: "A & B < C" });
const saved = async (name: string, options: Parameters<typeof chart.save>[1], of = chart) => {
  const path = join(folder, name);
  await of.save(path, options);
  return readFileSync(path);
};

describe("a saved chart", () => {
  it("makes its folder, and is on dark paper where that is asked for", async () => {
    const svg = (await saved("new/folder/a.svg", { theme: "dark" })).toString();
    expect(svg).toContain("fill: #16181d");
    const colours = new Set([...svg.matchAll(/rgb\((?!0, 0, 0\))[^)]*\)/g)].map(([colour]) => colour));
    // Plotly's own scroll bar, which a picture does not have, is all that is left of the light one.
    expect([...colours].filter((colour) => colour !== "rgb(128, 139, 164)")).toEqual([]);
    expect((await saved("a.svg", {})).toString()).toContain("fill: rgb(255, 255, 255)");
  });

  it("refuses a PDF of letters that its font does not have, and what can't be written", async () => {
    const chinese = ttftChart(sweep.map((row) => ({ ...row, label: "缓存" })));
    await expect(saved("d.pdf", {}, chinese)).rejects.toThrow(
      'Arimo_400Regular.ttf has no glyph for 缓 存: give a font file that has one, font: "FILE", or draw an SVG.',
    );
    await saved("a.svg", {});
    await expect(saved("a.svg/is/a/file.svg", {})).rejects.toThrow(FirstTokenError);
    await expect(saved("e.jpg", {})).rejects.toThrow("path must end in .svg, .png or .pdf");
    for (const wrong of [
      { widthCm: -1 },
      { widthCm: 8, widthInches: 3 },
      { theme: "paper" },
      { width: 5 },
      { columns: 2 },
      { theme: "print", columns: 3 },
    ]) {
      await expect(saved("e.svg", wrong as never)).rejects.toThrow(OptionError);
    }
  });
});

describe("a letter that no font has", () => {
  // A private code point: no font of any machine is asked to have it.
  const unknown = ttftChart(sweep.map((row) => ({ ...row, label: `A\u{10abcd}` })));

  it("is refused in a PNG too, never drawn as a box", async () => {
    await expect(saved("f.png", {}, unknown)).rejects.toThrow(
      'No font on this machine has a glyph for \u{10abcd}: give a font file that has one, font: "FILE", or draw an SVG.',
    );
    expect((await saved("f.svg", {}, unknown)).toString()).toContain("\u{10abcd}");
    // Greek, Cyrillic and signs are in Arimo, whatever the machine has.
    const known = ttftChart(sweep.map((row) => ({ ...row, label: "Δ Ж é × ≤ −" })));
    expect((await saved("f.png", {}, known)).subarray(1, 4).toString()).toBe("PNG");
  });

  it("can be had from a font file, which must be one", async () => {
    const bold = createRequire(import.meta.url).resolve("@expo-google-fonts/arimo/700Bold/Arimo_700Bold.ttf");
    const pdf = await saved("g.pdf", { font: bold });
    expect(pdf.toString("latin1")).toMatch(/\/BaseFont \/[A-Z]{6}\+Arimo-Bold/);
    await expect(saved("g.pdf", { font: import.meta.filename })).rejects.toThrow(
      "font must be a TrueType or OpenType file of one font (.ttf or .otf); received ",
    );
    await expect(saved("g.png", { font: join(folder, "none.ttf") })).rejects.toThrow(
      "font must be a file that can be read; received ",
    );
  });
});

describe("the print theme", () => {
  const { data, layout } = printFigure(chart.figure, 240);
  type Trace = { marker: { symbol: string; color: string }; line: { width: number; dash: string } };
  const traces = data as unknown as Trace[];

  it("gives every label a symbol of its own, hollow where warm, so that grey print tells them apart", () => {
    expect(traces.map(({ marker, line }) => [marker.symbol, line.dash])).toEqual([
      ["circle", "solid"],
      ["circle-open", "dash"],
      ["square", "solid"],
      ["square-open", "dash"],
    ]);
  });

  it("draws lines of a point and type of 7.5 points, without a title, which the caption has", () => {
    expect(traces[0]!.line.width / UNITS_PER_POINT).toBe(1);
    expect((layout.font as { size: number }).size / UNITS_PER_POINT).toBe(7.5);
    expect(layout.title).toBeUndefined();
    expect(layout.width).toBe(240 * UNITS_PER_POINT);
    expect(chart.caption).toBe("A & B < C: median and IQR of the requests");
  });

  it("leaves the figure itself as it was", () => {
    expect(chart.figure).toEqual(ttftChart(sweep, { title: "A & B < C" }).figure);
  });
});
