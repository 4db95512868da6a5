import { largest } from "../domain/extremes.js";
import { plainLine } from "../domain/plain-text.js";
import { displayWidth, fold, pad, shorten, tellingWidth, wrap } from "./display-width.js";
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
/** Of a column's name this much stands on a line, however wide the rows are. */
const FEWEST_OF_NAME = 16;
/** What continues a column's name on the next line. */
const INDENT = "  ";
/** Columns of a text at most; of one that differs from another only behind them, twice as many. */
const LONGEST = 120;

const RAISED = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖ";

/** Texts that stand below each other, each on as many lines as it needs. */
interface Stack {
  readonly column: Column;
  readonly header: readonly string[];
  readonly body: readonly (readonly string[])[];
  readonly width: number;
}

/** How far texts are folded: none, or those of columns that say so. */
type Folding = "whole" | "folded";

/**
 * The table in aligned columns, with its verdict above it and its footnotes below.
 *
 * One that is too wide says first what is the same in all rows, and folds long names. If that does not help, its columns become
 * lines, and its rows stand side by side, as many as fit.
 *
 * @param width columns of the terminal; default 100.
 */
export function tableText(parts: TableParts<unknown>, width = WIDTH): string {
  const widest = Math.max(NARROWEST, width);
  const sentences = Math.min(WIDTH, widest);
  const notes = cellNotes(parts);
  const stacks = (folding: Folding) =>
    parts.columns.map((column, index): Stack => {
      const texts = parts.lines.map(({ cells }) => plainLine(cells[index]!.text));
      const longest = tellingWidth(
        texts.filter((text) => displayWidth(text) > LONGEST),
        ...([LONGEST, 2 * LONGEST] as const),
      );
      const folded = (text: string) =>
        folding === "whole" || column.widest === undefined
          ? [text]
          : fold(text, Math.min(column.widest, widest - GAP - FEWEST_OF_NAME));
      const header = [
        ...column.header.split("\n").flatMap((line) => folded(shorten(plainLine(line), LONGEST))),
        ...(column.unit === undefined ? [] : [`(${column.unit})`]),
      ];
      const body = parts.lines.map(({ cells }, line) =>
        marked(folded(shorten(texts[line]!, longest)), cells[index]!, notes),
      );
      return { column, header, body, width: widthIn([header, ...body]) };
    });
  const footnotes = [
    ...notes.map((note, index) => `${raised(letters(index))} ${plainLine(note)}`),
    ...parts.notes.map(plainLine),
  ].flatMap((note) => wrap(note, sentences));
  const above = [...(parts.alarms ?? []).map((alarm) => `! ${alarm}`), ...(parts.verdict ?? [])].map((text) =>
    wrap(plainLine(text), sentences).join("\n"),
  );
  const table = arranged(stacks, widest);
  return [...above, ...table, ...(footnotes.length > 0 ? [footnotes.join("\n")] : [])].join("\n\n");
}

/** The table's lines in the first arrangement that fits. */
function arranged(stacks: (folding: Folding) => readonly Stack[], widest: number): string[] {
  const fits = (columns: readonly Stack[]) => widthOf(columns, GAP) <= widest;
  const whole = stacks("whole");
  if (fits(whole)) return [grid(whole)];
  const [said, own] = withoutCommon(whole);
  if (fits(own)) return [...said, grid(own)];
  const folded = stacks("folded");
  if (fits(folded)) return [grid(folded)];
  const [saidFolded, ownFolded] = withoutCommon(folded);
  return [...saidFolded, ...(fits(ownFolded) ? [grid(ownFolded)] : turned(ownFolded, widest))];
}

/** What the keys say that are the same in all rows, and the other columns. */
function withoutCommon(columns: readonly Stack[]): [said: string[], own: readonly Stack[]] {
  const isCommon = ({ column, body }: Stack) =>
    column.isKey === true && body.length > 1 && new Set(body.map((lines) => lines.join(" "))).size === 1;
  const common = columns.filter(isCommon);
  const own = columns.filter((column) => !isCommon(column));
  if (common.length === 0 || own.length === 0) return [[], columns];
  const said = common.map(({ column, body }) => `${plainLine(headerOf(column))}: ${body[0]!.join(" ")}`);
  return [[said.join("\n")], own];
}

/** The columns below their headers, which stand at the foot of their row. */
function grid(columns: readonly Stack[]): string {
  const lines = largest(columns.map(({ header }) => header.length));
  const header = Array.from({ length: lines }, (_, line) =>
    rowOf(columns, ({ header }) => header[line - (lines - header.length)]),
  );
  const body = columns[0]?.body.flatMap((_, row) => rows(columns, ({ body }) => body[row]!)) ?? [];
  return [...header, rule(columns), ...body].join("\n");
}

const rule = (columns: readonly Stack[]): string => rowOf(columns, ({ width }) => "─".repeat(width));

/** A row of cells, on as many lines as its longest. */
const rows = (columns: readonly Stack[], cellOf: (column: Stack) => readonly string[]): string[] =>
  Array.from({ length: largest(columns.map((one) => cellOf(one).length)) }, (_, line) =>
    rowOf(columns, (one) => cellOf(one)[line]),
  );

const rowOf = (columns: readonly Stack[], textOf: (column: Stack) => string | undefined): string =>
  columns
    .map((one) => pad(textOf(one) ?? "", one.width, one.column.align))
    .join(" ".repeat(GAP))
    .trimEnd();

/** Columns as lines and rows as columns, the keys above a rule, in blocks of as many rows as fit. */
function turned(columns: readonly Stack[], widest: number): string[] {
  const inOrder = [
    ...columns.filter(({ column }) => column.isKey),
    ...columns.filter((one) => !one.column.isKey),
  ];
  const keys = inOrder.filter(({ column }) => column.isKey).length;
  const asStack = (body: readonly (readonly string[])[], align: Column["align"], isKey: boolean): Stack => ({
    ...{ column: { header: "", align, isKey }, header: [], body, width: widthIn(body) },
  });
  const asColumns = columns[0]!.body.map((_, row) =>
    asStack(
      inOrder.map(({ body }) => body[row]!),
      "right",
      false,
    ),
  );
  // A name that leaves no room for a row would be broken by the terminal.
  const room = Math.max(FEWEST_OF_NAME, widest - GAP - largest(asColumns.map(({ width }) => width)));
  const names = asStack(
    inOrder.map(({ header }) => indented(header.join(" "), room)),
    "left",
    true,
  );
  return inBlocks([names, ...asColumns], { widest, gap: GAP }).map((block) => {
    const lines = inOrder.map((_, row) => rows(block, ({ body }) => body[row]!));
    return [...lines.slice(0, keys).flat(), rule(block), ...lines.slice(keys).flat()].join("\n");
  });
}

/** A name in lines, all but the first further in. */
function indented(name: string, room: number): string[] {
  if (displayWidth(name) <= room) return [name];
  return fold(name, room - INDENT.length).map((line, index) => (index === 0 ? line : INDENT + line));
}

const widthIn = (cells: readonly (readonly string[])[]): number =>
  largest(cells.flatMap((lines) => lines.map(displayWidth)));

/** A cell's lines with its mark behind the last. */
function marked(lines: readonly string[], cell: Cell, notes: readonly string[]): string[] {
  const mark = markOf(cell, notes);
  return mark === null ? [...lines] : [...lines.slice(0, -1), (lines.at(-1) ?? "") + raised(mark)];
}

/** Raised letters if such characters exist, else letters in brackets. */
function raised(mark: string): string {
  const letter = mark.length === 1 ? [...RAISED][mark.charCodeAt(0) - 97] : undefined;
  return letter ?? `[${mark}]`;
}
