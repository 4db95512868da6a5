import { largest } from "../domain/extremes.js";
import { plainLine } from "../domain/plain-text.js";
import { displayWidth, pad, shorten, tellingWidth, wrap } from "./display-width.js";
import {
  type Cell,
  type Column,
  cellNotes,
  columnBlocks,
  letters,
  markOf,
  type TableParts,
} from "./table-parts.js";

/** The widest line; a table that needs more continues below, its key columns repeated. */
const WIDTH = 100;
const GAP = "  ";
/** The maximum width of a key that needs it to differ from another. */
const WIDEST_KEY = 48;

const RAISED = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖ";

/** The table in aligned columns for a terminal, with its footnotes. */
export function tableText(parts: TableParts<unknown>): string {
  const { textWidth = WIDTH } = parts;
  const notes = cellNotes(parts);
  const columns = parts.columns.map((asked, index) => {
    const column = wideEnough(asked, parts, index);
    const header = [
      ...column.header.split("\n").map((line) => shortened(plainLine(line), column)),
      ...(column.unit === undefined ? [] : [`(${column.unit})`]),
    ];
    const body = parts.lines.map(({ cells }) => cellText(cells[index]!, column, notes));
    return { column, header, body, width: Math.max(0, largest([...header, ...body].map(displayWidth))) };
  });
  const headerLines = Math.max(0, largest(columns.map(({ header }) => header.length)));

  const block = (shown: typeof columns): string[] => {
    const row = (texts: readonly string[]): string =>
      shown
        .map(({ width, column }, i) => pad(texts[i]!, width, column.align))
        .join(GAP)
        .trimEnd();
    const header = Array.from({ length: headerLines }, (_, line) =>
      row(shown.map((column) => column.header[line - (headerLines - column.header.length)] ?? "")),
    );
    const rule = shown.map(({ width }) => "─".repeat(width)).join(GAP);
    return [...header, rule, ...parts.lines.map((_, line) => row(shown.map(({ body }) => body[line]!)))];
  };

  const footnotes = [
    ...notes.map((note, index) => `${raised(letters(index))} ${plainLine(note)}`),
    ...parts.notes.map(plainLine),
  ].flatMap((note) => wrap(note, textWidth));
  const blocks = columnBlocks(columns, { widest: textWidth, gap: GAP.length }).map((shown) =>
    block(shown).join("\n"),
  );
  const alarms = (parts.alarms ?? []).map((alarm) => wrap(`! ${plainLine(alarm)}`, textWidth).join("\n"));
  return [...alarms, ...blocks, ...(footnotes.length > 0 ? [footnotes.join("\n")] : [])].join("\n\n");
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
