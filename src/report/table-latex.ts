import { cellNotes, headerOf, letters, markOf, oneLine, paperNotes, type TableParts } from "./table-parts.js";

/** The table as a `tabular` in the style of the booktabs package, footnotes in a paragraph below. */
export function tableLatex(parts: TableParts<unknown>): string {
  const notes = cellNotes(parts);
  const row = (texts: readonly string[]): string => `${texts.join(" & ")} \\\\`;
  const lines = [
    `\\begin{tabular}{${parts.columns.map(({ align }) => align[0]).join("")}}`,
    "\\toprule",
    row(parts.columns.map((column) => escapeLatex(headerOf(column)))),
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

/** Text that LaTeX prints as it is, two hyphens as two, and the signs of these tables in math mode. */
export function escapeLatex(text: string): string {
  return oneLine(text).replace(/-(?=-)|[\\&%$#_{}~^<>|—–…×±≥≤−Δ]/g, (sign) => COMMANDS[sign]!);
}

/** A cell that begins with "[" would be read as the argument of the row end before it. */
function protectBracket(text: string): string {
  return text.startsWith("[") || text.startsWith("*") ? `{}${text}` : text;
}
