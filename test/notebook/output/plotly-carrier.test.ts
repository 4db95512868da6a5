import { runInThisContext } from "node:vm";
import { expect, it, vi } from "vitest";
import type { Bundle, Cell } from "../../../src/notebook/output/kernel.js";

// As in a kernel that was just started: no chart was shown yet.
vi.resetModules();
const { carryPlotly } = await import("../../../src/notebook/output/plotly-library.js");

/** A cell's source, to be run as tslab does: from a text that is no file. */
const source = (text: string): ((x: () => void) => void) => runInThisContext(`(x) => {\n${text}\n}`);

/** Runs a cell and says how often Plotly was shown under it. */
function run(cell: (x: () => void) => void): number {
  const shown: Bundle[] = [];
  const kernelCell: Cell = { show: (bundle) => void shown.push(bundle), replace: () => {} };
  cell(() => carryPlotly(kernelCell));
  expect(shown.every((bundle) => String(bundle["text/html"]).includes("data-plotly="))).toBe(true);
  return shown.length;
}

it("puts Plotly under the first cell with a chart, and under it alone, also when it is run again", () => {
  const first = source("x(); x();");
  const second = source("x();");
  expect([run(first), run(second), run(first), run(second), run(first)]).toEqual([1, 0, 1, 0, 1]);
  // A chart shown from elsewhere than a cell's own source, such as a timer.
  expect(run((x) => x())).toBe(0);
});
