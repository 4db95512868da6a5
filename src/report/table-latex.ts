import { displayWidth } from "./display-width.js";
import {
  type Column,
  cellNotes,
  letters,
  markOf,
  oneLine,
  paperNotes,
  type TableParts,
} from "./table-parts.js";

/** The table as a `tabular` in the style of the booktabs package, footnotes in a paragraph below. */
export function tableLatex(parts: TableParts<unknown>): string {
  const notes = cellNotes(parts);
  const row = (texts: readonly string[]): string => `${texts.join(" & ")} \\\\`;
  const lines = [
    `\\begin{tabular}{${parts.columns.map((_, index) => columnType(parts, index)).join("")}}`,
    "\\toprule",
    ...headerRows(parts.columns).map(row),
    "\\midrule",
    ...parts.lines.map(({ cells }) =>
      row(
        cells.map((cell) => {
          const mark = markOf(cell, notes);
          const text = escapeLatex(cell.text);
          const shown = cell.isBest ? `\\textbf{${text}}` : protectBracket(text);
          return shown + (mark === null ? "" : `\\textsuperscript{${mark}}`);
        }),
      ),
    ),
    "\\bottomrule",
    "\\end{tabular}",
  ];
  const footnotes = [
    ...notes.map((note, index) => `\\textsuperscript{${letters(index)}}~${escapeLatex(note)}`),
    ...paperNotes(parts).map(escapeLatex),
  ];
  if (footnotes.length > 0) lines.push("", `{\\footnotesize ${footnotes.join("\\par\n")}\\par}`);
  return lines.join("\n");
}

/** A text wider than these columns of a terminal is broken into lines. */
const LONG = 44;

function columnType({ columns, lines }: TableParts<unknown>, index: number): string {
  const isLong = lines.some(({ cells }) => displayWidth(cells[index]!.text) > LONG);
  return isLong ? "p{16em}" : columns[index]!.align[0]!;
}

/** The header in as many rows as its longest needs, so that columns are no wider than their numbers. */
function headerRows(columns: readonly Column[]): string[][] {
  const headers = columns.map(({ header, unit }) => {
    const lines = header.split("\n").map(escapeLatex);
    return unit === undefined ? lines : [...lines.slice(0, -1), `${lines.at(-1)} (${escapeLatex(unit)})`];
  });
  const height = Math.max(0, ...headers.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) =>
    headers.map((lines) => protectBracket(lines[line - (height - lines.length)] ?? "")),
  );
}

const COMMANDS: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "&": "\\&",
  "%": "\\%",
  $: "\\$",
  "#": "\\#",
  _: "\\_",
  "{": "\\{",
  "}": "\\}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
  "-": "-{}",
  "—": "---",
  "–": "--",
  "…": "\\ldots{}",
  "×": "$\\times$",
  "±": "$\\pm$",
  "≥": "$\\geq$",
  "≤": "$\\leq$",
  "−": "$-$",
  Δ: "$\\Delta$",
};

/** Text that LaTeX prints as it is, two hyphens as two, and the signs of these tables, minus included, in math mode. */
export function escapeLatex(text: string): string {
  return oneLine(text)
    .replace(/(?<=^|[ [])-(?=\d)/g, "−")
    .replace(/-(?=-)|[\\&%$#_{}~^<>|—–…×±≥≤−Δ]/g, (sign) => COMMANDS[sign]!);
}

/** A cell that begins with "[" would be read as the argument of the row end before it. */
function protectBracket(text: string): string {
  return text.startsWith("[") || text.startsWith("*") ? `{}${text}` : text;
}
