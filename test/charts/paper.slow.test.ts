import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { EVERY_CHART } from "../report/every-chart.js";

const folder = mkdtempSync(join(tmpdir(), "paper-"));
afterAll(() => rmSync(folder, { recursive: true }));

const COLUMNS_CM = { 1: 8.5, 2: 17.5 } as const;
const points = (cm: number) => (cm / 2.54) * 72;

/** The page of a PDF and its words with their places, as Poppler's pdftotext reads them. */
function pageOf(path: string) {
  const html = execFileSync("pdftotext", ["-bbox", path, "-"], { encoding: "utf8" });
  const page = /<page width="([\d.]+)" height="([\d.]+)">/.exec(html)!;
  const words = [...html.matchAll(/<word xMin="(.+)" yMin="(.+)" xMax="(.+)" yMax="(.+)">(.*)<\/word>/g)].map(
    ([, left, top, right, bottom, text]) => ({
      text: text!,
      ...{ left: Number(left), top: Number(top), right: Number(right), bottom: Number(bottom) },
    }),
  );
  return { width: Number(page[1]), height: Number(page[2]), words };
}

const two = ["vLLM 0.11", "LMCache on A40"];
const twelve = Array.from({ length: 12 }, (_, i) => `server-${String.fromCharCode(65 + i)}${i} of twelve`);

describe.each([
  [1, two],
  [2, two],
  [1, twelve],
] as const)("in a paper, over %d columns with the labels %j, the chart", (columns, labels) => {
  it.each(
    Object.entries(EVERY_CHART),
  )("%s has its size, and all its words on the page", async (name, draw) => {
    const chart = draw({ labels, places: 4, isMeasured: true });
    const path = join(folder, `${name}-${labels.length}-${columns}`);
    await chart.save(`${path}.pdf`, { theme: "print", columns });
    const { width, height, words } = pageOf(`${path}.pdf`);
    expect(width).toBeCloseTo(points(COLUMNS_CM[columns]), 1);
    expect(words.length).toBeGreaterThan(5);
    const outside = words.filter(
      ({ left, top, right, bottom }) => left < 0 || top < 0 || right > width || bottom > height,
    );
    expect(outside).toEqual([]);
    const text = words.map((word) => word.text).join(" ");
    const named = chart.sketch.data.filter(({ showlegend }) => showlegend !== false);
    for (const { name: label } of named)
      for (const word of String(label).split(" ")) expect(text).toContain(word);
  });
});

it.each([
  [{ theme: "print", columns: 1 }, (8.5 / 2.54) * 300],
  [{ theme: "print", columns: 2, dpi: 600 }, (17.5 / 2.54) * 600],
  [{ widthCm: 12, dpi: 150 }, (12 / 2.54) * 150],
  [{ theme: "dark" }, (760 / 96) * 300],
] as const)("a PNG of %j is as wide as asked", async (options, pixels) => {
  const path = join(folder, "a.png");
  await EVERY_CHART["ttft.chart"]!({ labels: ["vLLM"], places: 4, isMeasured: true }).save(path, options);
  expect(readFileSync(path).readUInt32BE(16)).toBe(Math.round(pixels));
});
