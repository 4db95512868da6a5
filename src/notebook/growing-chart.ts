import type { DisplayableChart } from "./display.js";
import { chartBundle, growingChartBundle } from "./output/chart-bundle.js";
import { type Cell, updatable } from "./output/kernel.js";
import { pictureOf } from "./output/picture.js";
import { carryPlotly } from "./output/plotly-library.js";

/** Draws a chart of the rows so far. */
export type ChartOf<R> = (rows: readonly R[]) => DisplayableChart;

/** A chart under a cell that takes rows one by one. */
export interface GrowingChart<R> {
  readonly rows: readonly R[];
  add(row: R): void;
  /** Draws all rows, with the final picture. */
  finish(): void;
}

/** Begins a chart that is redrawn with new rows, at most every `everySeconds`. */
export function growingChart<R>(cell: Cell, chartOf: ChartOf<R>, everySeconds: number): GrowingChart<R> {
  carryPlotly(cell);
  const draw = updatable(cell);
  const rows: R[] = [];
  let lastDrawn = Number.NEGATIVE_INFINITY;
  return {
    rows,
    add(row) {
      rows.push(row);
      const now = performance.now();
      if (now - lastDrawn < everySeconds * 1000) return;
      lastDrawn = now;
      draw(growingChartBundle(chartOf(rows).figure));
    },
    finish() {
      if (rows.length === 0) return;
      const { figure } = chartOf(rows);
      draw(chartBundle(figure, pictureOf(figure)));
    },
  };
}
