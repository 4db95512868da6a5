import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
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
  it("is as wide as asked, whatever the format", async () => {
    const print = { widthCm: 8.5, theme: "print" } as const;
    const svg = (await saved("a.svg", print)).toString();
    expect(svg).toMatch(/^<svg [^>]*width="3\.3465in" height="[\d.]+in"/);
    const png = await saved("a.png", print);
    // 8.5 cm at 300 dots an inch; width and height stand in the header's bytes 16 to 23.
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    expect(png.readUInt32BE(16)).toBe(Math.round((8.5 / 2.54) * 300));
    const pdf = (await saved("a.pdf", print)).toString("latin1");
    expect(Number(/\/MediaBox \[0 0 ([\d.]+) /.exec(pdf)![1])).toBeCloseTo((8.5 / 2.54) * 72, 2);
    const wide = await saved("b.png", { widthInches: 4, heightInches: 2, dpi: 100 });
    expect([wide.readUInt32BE(16), wide.readUInt32BE(20)]).toEqual([400, 200]);
  });

  it("has its text as text in an embedded font in a PDF, and no picture", async () => {
    const pdf = await saved("c.pdf", { theme: "print" });
    const text = pdf.toString("latin1");
    expect(text).toMatch(/\/BaseFont \/[A-Z]{6}\+Arimo-Regular/);
    expect(text).toContain("/FontFile2");
    expect(text).not.toContain("/Subtype /Image");
    expect(await saved("c.pdf", { theme: "print" })).toEqual(pdf);
  });
});
