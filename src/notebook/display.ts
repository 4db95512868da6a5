import { OptionError } from "../domain/errors.js";
import type { Figure } from "../report/figure.js";
import type { Table } from "../report/table.js";
import { chartBundle, chartText } from "./chart-bundle.js";
import { type Frame, isFrame, rows } from "./frame.js";
import { type Bundle, runningCell } from "./kernel.js";
import { pictureOf } from "./picture.js";
import { carryPlotly } from "./plotly-carrier.js";
import { rowsTable } from "./rows-table.js";

/** A table in the forms a page may want. */
export type DisplayableTable = Pick<Table, "text" | "html" | "markdown" | "latex">;

/** A chart, by its Plotly figure. */
export interface DisplayableChart {
  readonly figure: Figure;
}

/** What `display` shows: a table, a chart, a danfojs frame, or rows. */
export type Displayable = DisplayableTable | DisplayableChart | Frame | readonly object[];

/**
 * Shows tables, charts, danfojs frames and rows under a notebook's cell (kernel: tslab), each in every form a page may
 * want: a live chart where scripts may run, its picture elsewhere. Outside of a notebook it prints their text.
 *
 * A chart takes about a second to draw. Plotly itself is put under the first chart of a notebook, once.
 *
 * @throws OptionError for anything else; FirstTokenError for a figure that Plotly can't draw.
 * @example display(ttft.chart(rows), ttft.table(rows))
 */
export function display(...shown: readonly Displayable[]): void {
  for (const one of shown) displayOne(one);
}

function displayOne(shown: Displayable): void {
  const cell = runningCell();
  if (cell === null) {
    console.log(isChart(shown) ? chartText(shown.figure) : tableOf(shown).text);
  } else if (isChart(shown)) {
    carryPlotly(cell);
    cell.show(chartBundle(shown.figure, pictureOf(shown.figure)));
  } else {
    cell.show(tableBundle(tableOf(shown)));
  }
}

function tableOf(shown: Exclude<Displayable, DisplayableChart>): DisplayableTable {
  if (isTable(shown)) return shown;
  if (isFrame(shown)) return rowsTable(rows(shown));
  if (Array.isArray(shown) && shown.every((row) => typeof row === "object" && row !== null)) {
    return rowsTable(shown);
  }
  throw new OptionError("display", "takes tables, charts, danfojs frames and rows", shown);
}

const tableBundle = ({ text, html, markdown, latex }: DisplayableTable): Bundle => ({
  "text/html": html,
  "text/markdown": markdown,
  "text/latex": latex,
  "text/plain": text,
});

const isChart = (shown: unknown): shown is DisplayableChart => {
  const figure = (shown as DisplayableChart | null)?.figure;
  return Array.isArray(figure?.data) && typeof figure?.layout === "object";
};

const isTable = (shown: unknown): shown is DisplayableTable =>
  typeof (shown as DisplayableTable | null)?.html === "string" &&
  typeof (shown as DisplayableTable).text === "string";
