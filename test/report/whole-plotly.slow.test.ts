import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { blendChart } from "../../src/report/methods/blend-chart.js";
import { qualityChart } from "../../src/report/methods/quality-chart.js";
import { qualityRatioChart } from "../../src/report/methods/quality-ratio-chart.js";
import { proxyOverheadChart } from "../../src/report/proxy/proxy-overhead-chart.js";
import { ttftChart } from "../../src/report/ttft/ttft-chart.js";
import { REPORT_ROWS } from "./report-rows.js";

const CHROMIUM = ["chromium", "chromium-browser", "google-chrome"];
const BUILDS = ["plotly.js-dist", "plotly.js-cartesian-dist-min"] as const;

const folder = mkdtempSync(join(tmpdir(), "whole-plotly-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Draws each figure and leaves every line, mark and text of it in the page. */
const DRAW = `(async () => {
  const shown = [];
  for (const { data, layout } of figures) {
    const svg = await Plotly.toImage({ data, layout }, { format: "svg", imageDataOnly: true });
    const marks = [...new DOMParser().parseFromString(svg, "image/svg+xml").querySelectorAll("path, text")];
    const of = (mark) => ["d", "transform", "style"].map((name) => mark.getAttribute(name)).join(" ");
    shown.push(marks.map((mark) => of(mark) + " " + mark.textContent));
  }
  document.body.textContent = encodeURIComponent(JSON.stringify(shown));
})();`;

/** What Chromium draws of these figures with one build of Plotly. */
function drawn(build: string, figures: readonly object[]): readonly (readonly string[])[] {
  copyFileSync(createRequire(import.meta.url).resolve(build), join(folder, `${build}.js`));
  const page = join(folder, `${build}.html`);
  const given = JSON.stringify(figures).replaceAll("<", "\\u003c");
  writeFileSync(
    page,
    `<!doctype html><body></body><script src="${build}.js"></script><script>const figures = ${given};${DRAW}</script>`,
  );
  const browser = CHROMIUM.find((name) => spawnSync("which", [name]).status === 0)!;
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000", "--dump-dom"];
  const dom = execFileSync(browser, [...flags, `file://${page}`], {
    encoding: "utf8",
    stdio: "pipe",
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(decodeURIComponent(/<body>(.*)<\/body>/.exec(dom)![1]!));
}

it("a chart looks the same drawn by the whole of Plotly and by its build of cartesian charts", {
  timeout: 120_000,
}, ({ skip }) => {
  if (CHROMIUM.every((name) => spawnSync("which", [name]).status !== 0)) {
    if (process.env.FIRSTTOKEN_REQUIRE_ALL === "1") throw new Error("Chromium is not installed.");
    skip("Chromium is not installed");
  }
  const figures = [
    ttftChart(REPORT_ROWS.ttft),
    blendChart(REPORT_ROWS.blend),
    qualityChart(REPORT_ROWS.quality),
    qualityRatioChart(REPORT_ROWS.quality),
    proxyOverheadChart(REPORT_ROWS.proxy),
  ].map((chart) => chart.toJSON());
  const [whole, cartesian] = BUILDS.map((build) => drawn(build, figures));
  expect(whole).toHaveLength(figures.length);
  for (const [i, marks] of whole!.entries()) {
    expect(marks.length).toBeGreaterThan(20);
    expect(marks.filter((mark, j) => mark !== cartesian![i]![j])).toEqual([]);
  }
});
