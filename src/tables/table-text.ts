import { largest } from "../domain/extremes.js";
import { plainLine } from "../domain/plain-text.js";
import { displayWidth, pad, shorten, tellingWidth, wrap } from "./display-width.js";
import {
  type Cell,
  type Column,
  cellNotes,
  headerOf,
  inBlocks,
  letters,
  markOf,
  type TableParts,
  widthOf,
} from "./table-parts.js";

/** The width without a terminal, and the widest line of a sentence on any. */
const WIDTH = 100;
/** On a narrower terminal lines are broken by the terminal. */
const NARROWEST = 40;
const GAP = 2;
/** Of a column's name this much is always shown. */
const FEWEST_OF_NAME = 16;
/** The maximum width of a key that needs it to differ from another. */
const WIDEST_KEY = 48;

const RAISED = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖ";

/** Lines of texts that stand below each other. */
interface Stack {
  readonly column: Column;
  readonly header: readonly string[];
  readonly body: readonly string[];
  readonly width: number;
}

/**
 * The table in aligned columns, with its verdict above it and its footnotes below.
 *
 * One that is too wide says first what is the same in all rows. If that does not help, its columns become lines, and its rows
 * stand side by side, as many as fit.
 *
 * @param width columns of the terminal; default 100.
 */
export function tableText(parts: TableParts<unknown>, width = WIDTH): string {
  const widest = Math.max(NARROWEST, width);
  const sentences = Math.min(WIDTH, widest);
  const notes = cellNotes(parts);
  const columns = parts.columns.map((asked, index): Stack => {
    const column = wideEnough(asked, parts, index);
    const header = [
      ...column.header.split("\n").map((line) => shortened(plainLine(line), column)),
      ...(column.unit === undefined ? [] : [`(${column.unit})`]),
    ];
    const body = parts.lines.map(({ cells }) => cellText(cells[index]!, column, notes));
    return { column, header, body, width: largest([...header, ...body].map(displayWidth)) };
  });
  const footnotes = [
    ...notes.map((note, index) => `${raised(letters(index))} ${plainLine(note)}`),
    ...parts.notes.map(plainLine),
  ].flatMap((note) => wrap(note, sentences));
  const above = [...(parts.alarms ?? []).map((alarm) => `! ${alarm}`), ...(parts.verdict ?? [])].map((text) =>
    wrap(plainLine(text), sentences).join("\n"),
  );
  return [...above, ...fitted(columns, widest), ...(footnotes.length > 0 ? [footnotes.join("\n")] : [])].join(
    "\n\n",
  );
}

/** The table's lines in the first of three arrangements that fits. */
function fitted(columns: readonly Stack[], widest: number): string[] {
  if (widthOf(columns, GAP) <= widest) return [grid(columns)];
  const isCommon = ({ column, body }: Stack) =>
    column.isKey === true && body.length > 1 && new Set(body).size === 1;
  const common = columns.filter(isCommon);
  const own = columns.filter((column) => !isCommon(column));
  const said = common.length === 0 || own.length === 0 ? [] : [common.map(inWords).join("\n")];
  const shown = said.length === 0 ? columns : own;
  return [...said, ...(widthOf(shown, GAP) <= widest ? [grid(shown)] : turned(shown, widest))];
}

const inWords = ({ column, body }: Stack): string => `${plainLine(headerOf(column))}: ${body[0]}`;

function grid(columns: readonly Stack[]): string {
  const headerLines = largest(columns.map(({ header }) => header.length));
  const header = Array.from({ length: headerLines }, (_, line) =>
    row(columns, ({ header }) => header[line - (headerLines - header.length)] ?? ""),
  );
  const body = columns[0]?.body.map((_, line) => row(columns, (one) => one.body[line]!)) ?? [];
  return [...header, row(columns, ({ width }) => "─".repeat(width)), ...body].join("\n");
}

const row = (columns: readonly Stack[], textOf: (column: Stack) => string): string =>
  columns
    .map((one) => pad(textOf(one), one.width, one.column.align))
    .join(" ".repeat(GAP))
    .trimEnd();

/** Columns as lines and rows as columns, the keys above a rule, in blocks of as many rows as fit. */
function turned(columns: readonly Stack[], widest: number): string[] {
  const inOrder = [
    ...columns.filter(({ column }) => column.isKey),
    ...columns.filter((one) => !one.column.isKey),
  ];
  const keys = inOrder.filter(({ column }) => column.isKey).length;
  const asStack = (texts: readonly string[], align: Column["align"], isKey: boolean): Stack => ({
    column: { header: "", align, isKey },
    header: texts.slice(0, keys),
    body: texts.slice(keys),
    width: largest(texts.map(displayWidth)),
  });
  const rows = columns[0]!.body.map((_, line) =>
    asStack(
      inOrder.map(({ body }) => body[line]!),
      "right",
      false,
    ),
  );
  // A name that leaves no room for a row would be broken by the terminal.
  const room = Math.max(FEWEST_OF_NAME, widest - GAP - largest(rows.map(({ width }) => width)));
  const names = asStack(
    inOrder.map(({ header }) => shorten(header.join(" "), room)),
    "left",
    true,
  );
  return inBlocks([names, ...rows], { widest, gap: GAP }).map(grid);
}

/** A column of keys is as wide as needed to distinguish them. */
function wideEnough(column: Column, { lines }: TableParts<unknown>, index: number): Column {
  if (column.widest === undefined || !column.isKey) return column;
  const texts = lines.map(({ cells }) => plainLine(cells[index]!.text));
  return { ...column, widest: tellingWidth(texts, column.widest, WIDEST_KEY) };
}

function cellText(cell: Cell, column: Column, notes: readonly string[]): string {
  const text = plainLine(cell.text);
  const mark = markOf(cell, notes);
  return shortened(text, column) + (mark === null ? "" : raised(mark));
}

function shortened(text: string, { widest }: Column): string {
  return widest === undefined ? text : shorten(text, widest);
}

/** Raised letters if such characters exist, else letters in brackets. */
function raised(mark: string): string {
  const letter = mark.length === 1 ? [...RAISED][mark.charCodeAt(0) - 97] : undefined;
  return letter ?? `[${mark}]`;
}
