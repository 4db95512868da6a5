import { tableCsv } from "./table-csv.js";
import { tableHtml } from "./table-html.js";
import { tableLatex } from "./table-latex.js";
import { tableMarkdown } from "./table-markdown.js";
import { cellNotes, type TableParts, type Value } from "./table-parts.js";
import { selectParts, type TableSelection } from "./table-selection.js";
import { tableText } from "./table-text.js";

/**
 * A table that prints itself: in text, Markdown, LaTeX (booktabs), HTML and CSV, with the data behind it as `rows`.
 *
 * Labels, models and prompts are escaped. A missing value prints "—", and a footnote says why.
 */
export class Table<D extends { readonly [K in keyof D]: Value } = object> {
  readonly #parts: TableParts<D>;

  constructor(parts: TableParts<D>) {
    this.#parts = parts;
  }

  /** The data: one object per row, times in seconds, null for missing values. */
  get rows(): readonly D[] {
    return this.#parts.lines.map(({ data }) => data);
  }

  /** Sentences that a reader must know before any number; printed above the table. */
  get alarms(): readonly string[] {
    return this.#parts.alarms ?? [];
  }

  /** The footnotes: the reasons of marked cells first. */
  get footnotes(): readonly string[] {
    return [...cellNotes(this.#parts), ...this.#parts.notes];
  }

  /** What the table shows, in sentences; printed above it. */
  get verdict(): readonly string[] {
    return this.#parts.verdict ?? [];
  }

  /** Aligned columns at most 100 wide; the columns of a wider table become lines. */
  get text(): string {
    return tableText(this.#parts);
  }

  /**
   * The same for a terminal of another width.
   *
   * @param width columns of the terminal; below 40 as 40.
   */
  textIn(width: number): string {
    return tableText(this.#parts, width);
  }

  get markdown(): string {
    return tableMarkdown(this.#parts);
  }

  /**
   * A `tabular` no wider than the line, with its notes below it; `\usepackage{booktabs,graphicx}`. Chinese needs
   * `\usepackage{ctex}` with XeLaTeX, or the CJK environment of `CJKutf8` with pdfLaTeX.
   */
  get latex(): string {
    return tableLatex(this.#parts);
  }

  /** RFC 4180; the data with every digit. A text that a spreadsheet would read as a formula has an apostrophe before it. */
  get csv(): string {
    return tableCsv(this.#parts as unknown as TableParts);
  }

  /** The same with every text unchanged, for programs that evaluate no formulas. */
  get rawCsv(): string {
    return tableCsv(this.#parts as unknown as TableParts, { raw: true });
  }

  get html(): string {
    return tableHtml(this.#parts);
  }

  /**
   * This table with the chosen columns and number of rows; a column is named by its header.
   *
   * @throws OptionError for an unknown column, or a limit that is not a whole number from 1.
   * @example ttft.table(rows).select({ columns: ["context (tokens)", "speed-up × [95 % CI]"], limit: 5 })
   */
  select(selection: TableSelection): Table<D> {
    return new Table(selectParts(this.#parts, selection));
  }

  /** Any other form: the result of a function of the table's parts. */
  as<T>(form: (parts: TableParts<D>) => T): T {
    return form(this.#parts);
  }

  toString(): string {
    return this.text;
  }

  toJSON(): readonly D[] {
    return this.rows;
  }

  /** Used by `console.log(table)` and by a notebook's last line. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.text;
  }
}
