import type { Figure } from "../charts/layout/figure.js";
import { OptionError } from "../domain/errors/errors.js";
import { Table } from "../tables/table.js";
import type { TableSelection } from "../tables/table-selection.js";
import { type Frame, isFrame, rows } from "./frame.js";
import { chartBundle, chartText } from "./output/chart-bundle.js";
import { type Bundle, runningCell } from "./output/kernel.js";
import { pictureOf } from "./output/picture.js";
import { carryPlotly } from "./output/plotly-library.js";
import { rowsTable } from "./rows-table.js";

/** A table in the forms a page can show. */
export type DisplayableTable = Pick<Table, "text" | "html" | "markdown" | "latex">;

/** A chart, by its Plotly figure. */
export interface DisplayableChart {
  readonly figure: Figure;
}

/** Something that `display` can show: a table, a chart, a danfojs frame, or rows. */
export type Displayable = DisplayableTable | DisplayableChart | Frame | readonly object[];

/** The columns of rows are their keys, those of a table its headers. */
export type DisplayOptions<K extends string = string> = TableSelection<K>;

/**
 * Shows tables, charts, danfojs frames and rows under a notebook's cell (kernel: tslab), each in every form a page may need:
 * a live chart where scripts may run, its picture elsewhere. Outside a notebook it prints their text.
 *
 * Options as last argument choose the columns and the number of rows; without them the first 20 rows are shown.
 *
 * A chart takes about a second to draw. Plotly itself is stored once, under the first chart of a notebook.
 *
 * @param rows rows; or a table or a frame with options; or any number of tables, charts, frames and rows.
 * @throws OptionError for anything else, and for an unknown column; FirstTokenError for a figure that Plotly can't draw.
 * @example display(ttft.chart(rows), ttft.table(rows)) // a chart and a table under the cell
 * @example display(rows, { columns: ["context_target", "ttft_seconds"], limit: 6 }) // six rows of two columns
 */
export function display<R extends object>(
  rows: readonly R[],
  options: DisplayOptions<keyof R & string>,
): void;
/**
 * Shows a table or a danfojs frame under its cell, with the columns and rows that the options choose.
 *
 * @param shown a table, such as `ttft.table(rows)`, or a danfojs frame.
 */
export function display(shown: DisplayableTable | Frame, options: DisplayOptions): void;
/**
 * Shows tables, charts, danfojs frames and rows under their cell, one below the other.
 *
 * @param shown such as `ttft.chart(rows)`, `ttft.table(rows)`, a danfojs frame, rows.
 */
export function display(...shown: readonly Displayable[]): void;
export function display(...given: readonly (Displayable | DisplayOptions)[]): void {
  const last = given.at(-1);
  const options = given.length > 1 && isOptions(last) ? last : {};
  const shown = options === last ? given.slice(0, -1) : given;
  for (const one of shown) displayOne(one as Displayable, options);
}

function displayOne(shown: Displayable, options: DisplayOptions): void {
  const cell = runningCell();
  if (cell === null) {
    console.log(isChart(shown) ? chartText(shown.figure) : tableOf(shown, options).text);
  } else if (isChart(shown)) {
    carryPlotly(cell);
    cell.show(chartBundle(shown.figure, pictureOf(shown.figure)));
  } else {
    cell.show(tableBundle(tableOf(shown, options)));
  }
}

function tableOf(shown: Exclude<Displayable, DisplayableChart>, options: DisplayOptions): DisplayableTable {
  if (isTable(shown)) return shown instanceof Table ? shown.select(options) : shown;
  if (isFrame(shown)) return rowsTable(rows(shown), options);
  if (Array.isArray(shown) && shown.every((row) => typeof row === "object" && row !== null)) {
    return rowsTable(shown, options);
  }
  throw new OptionError("display", "takes tables, charts, danfojs frames and rows", shown);
}

const tableBundle = ({ text, html, markdown, latex }: DisplayableTable): Bundle => ({
  "text/html": html,
  "text/markdown": markdown,
  "text/latex": latex,
  "text/plain": text,
});

/** An object with only option names is options; anything else is something to show. */
const isOptions = (given: unknown): given is DisplayOptions =>
  typeof given === "object" &&
  given !== null &&
  !Array.isArray(given) &&
  Object.keys(given).every((key) => key === "columns" || key === "limit");

const isChart = (shown: unknown): shown is DisplayableChart => {
  const figure = (shown as DisplayableChart | null)?.figure;
  return Array.isArray(figure?.data) && typeof figure?.layout === "object";
};

const isTable = (shown: unknown): shown is DisplayableTable =>
  typeof (shown as DisplayableTable | null)?.html === "string" &&
  typeof (shown as DisplayableTable).text === "string";
