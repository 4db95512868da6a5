/** One printed column. */
export interface Column {
  /** May hold newlines, which only the text form keeps. */
  readonly header: string;
  /** The unit of the column's numbers, printed in the header. */
  readonly unit?: string;
  readonly align: "left" | "right";
  /** Key columns say what a row is about; they are repeated where a table continues below. */
  readonly isKey?: boolean;
  /** Columns of a line, header or cell, where the text form folds them; the other forms fold nothing. */
  readonly widest?: number;
}

/** One printed cell; `note` becomes a footnote with a mark. */
export interface Cell {
  readonly text: string;
  readonly note?: string;
  /** Printed bold outside the terminal: the best of its group, and everything the data can't distinguish from it. */
  readonly isBest?: boolean;
}

/** A value of a row's data; times are in seconds. */
export type Value = string | number | boolean | null;

/** One row: what is printed, and the data behind it. */
export interface Line<D> {
  readonly cells: readonly Cell[];
  readonly data: D;
}

/** What a table is made of. */
export interface TableParts<D = Readonly<Record<string, Value>>> {
  readonly columns: readonly Column[];
  readonly lines: readonly Line<D>[];
  /** Sentences above the table, which a reader must know before any number. */
  readonly alarms?: readonly string[];
  /** What the table shows, in sentences above it. */
  readonly verdict?: readonly string[];
  /** Sentences below the table that belong to no single cell. */
  readonly notes: readonly string[];
  /** How the numbers were made, for readers of a paper: printed last in all forms but the terminal's. */
  readonly method?: string;
}

/** A cell without a value, and why. */
export function missing(reason: string): Cell {
  return { text: "—", note: reason };
}

/** A header with its unit on one line. */
export function headerOf({ header, unit }: Column): string {
  const text = header.replaceAll("\n", " ");
  return unit === undefined ? text : `${text} (${unit})`;
}

/** The different notes of the cells in order; the first has the mark a, and so on. */
export function cellNotes({ lines }: TableParts<unknown>): string[] {
  return [...new Set(lines.flatMap(({ cells }) => cells.flatMap(({ note }) => note ?? [])))];
}

/** The sentences below the table in all forms but the terminal's. */
export function paperNotes({ lines, notes, method }: TableParts<unknown>): string[] {
  const bold = lines.some(({ cells }) => cells.some(({ isBest }) => isBest)) ? [BOLD] : [];
  return [...notes, ...(method === undefined ? [] : [method]), ...bold];
}

/** The rule of `report/best.ts`, for the reader of a table. */
const BOLD =
  "Bold: the best of its group and those not significantly different from it (5 % level, Bonferroni correction); no bold in a group where a cell has fewer than 5 values.";

/** The mark of a cell's note: a, b, … z, aa, ab, … */
export function markOf(cell: Cell, notes: readonly string[]): string | null {
  return cell.note === undefined ? null : letters(notes.indexOf(cell.note));
}

/** The mark of the note at an index. */
export function letters(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}

/** The columns in blocks no wider than `widest`, each beginning with the key columns; widths in letters. */
export function inBlocks<C extends { readonly column: Column; readonly width: number }>(
  columns: readonly C[],
  { widest, gap }: { readonly widest: number; readonly gap: number },
): C[][] {
  const keys = columns.filter(({ column }) => column.isKey);
  const blocks: C[][] = [[...keys]];
  for (const column of columns) {
    if (column.column.isKey) continue;
    const block = blocks.at(-1)!;
    if (widthOf([...block, column], gap) > widest && block.length > keys.length)
      blocks.push([...keys, column]);
    else block.push(column);
  }
  return blocks;
}

/** The width of columns side by side. */
export const widthOf = (columns: readonly { readonly width: number }[], gap: number): number =>
  columns.reduce((sum, { width }) => sum + width + gap, -gap);
