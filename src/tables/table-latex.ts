import { largest } from "../domain/extremes.js";
import { plainLine } from "../domain/plain-text.js";
import { displayWidth } from "./display-width.js";
import {
  type Cell,
  type Column,
  cellNotes,
  inBlocks,
  letters,
  markOf,
  paperNotes,
  type TableParts,
  widthOf,
} from "./table-parts.js";

/** Letters in a line of a page; a table that needs more is scaled down to the line. */
const LINE = 70;
/** Letters across; a table that needs more continues below, its key columns repeated. */
const WIDEST = 100;
/** The space between two columns, in letters. */
const GAP = 3;

/**
 * The table as a `tabular` in the style of the booktabs package, footnotes in a paragraph below. One that is wider than
 * a line is scaled down to it by graphicx, and in blocks where it would become too small to read.
 */
export function tableLatex(parts: TableParts<unknown>): string {
  const notes = cellNotes(parts);
  const headers = headerRows(parts.columns);
  const columns = parts.columns.map((column, index) => {
    const texts = [...column.header.split("\n"), ...parts.lines.map(({ cells }) => cells[index]!.text)];
    return { column, index, width: Math.min(LONG, largest(texts.map(displayWidth))) };
  });
  const cellText = (cell: Cell): string => {
    const mark = markOf(cell, notes);
    const text = escapeLatex(cell.text);
    const shown = cell.isBest ? `\\textbf{${text}}` : protectBracket(text);
    return shown + (mark === null ? "" : `\\textsuperscript{${mark}}`);
  };
  const block = (shown: typeof columns): string[] => {
    const row = (textOf: (index: number) => string): string =>
      `${shown.map(({ index }) => textOf(index)).join(" & ")} \\\\`;
    return [
      `\\begin{tabular}{${shown.map(({ index }) => columnType(parts, index)).join("")}}`,
      "\\toprule",
      ...headers.map((texts) => row((index) => texts[index]!)),
      "\\midrule",
      ...parts.lines.map(({ cells }) => row((index) => cellText(cells[index]!))),
      "\\bottomrule",
      "\\end{tabular}",
    ];
  };
  const blocks = inBlocks(columns, { widest: WIDEST, gap: GAP });
  const alarms = (parts.alarms ?? []).map(
    (alarm) => `\\noindent\\textbf{${escapeLatex(alarm)}}\\par\\smallskip`,
  );
  const lines = widthOf(columns, GAP) <= LINE ? block(columns) : scaled(blocks.map(block));
  const footnotes = [
    ...notes.map((note, index) => `\\textsuperscript{${letters(index)}}~${escapeLatex(note)}`),
    ...paperNotes(parts).map(escapeLatex),
  ];
  if (footnotes.length > 0)
    lines.push("\\par\\smallskip", `{\\footnotesize ${footnotes.join("\\par\n")}\\par}`);
  const verdict = (parts.verdict ?? []).map((text) => `\\noindent ${escapeLatex(text)}\\par\\smallskip`);
  return [...alarms, ...verdict, ...lines].join("\n");
}

/** Blocks below each other in one box, so that they keep one size of letters, no wider than the line. */
function scaled(blocks: readonly string[][]): string[] {
  const box =
    blocks.length === 1
      ? blocks[0]!
      : [
          "\\begin{tabular}{@{}l@{}}",
          ...blocks.flatMap((block, index) => [
            ...(index === 0 ? [] : ["\\\\", "\\addlinespace[2ex]"]),
            ...block,
          ]),
          "\\end{tabular}",
        ];
  return [
    "\\noindent\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%",
    ...box.slice(0, -1),
    `${box.at(-1)}}`,
  ];
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
  const height = Math.max(0, largest(headers.map(({ length }) => length)));
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
  // Two of these in a row are one sign in some fonts, and quotation marks are commands in some languages (babel).
  "-": "-{}",
  "'": "'{}",
  ",": ",{}",
  "`": "{}`{}",
  '"': "\\symbol{34}",
  "\ufffd": "?",
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

/**
 * Text that LaTeX prints unchanged, two hyphens as two, and the signs of these tables, minus included, in math mode. pdfLaTeX
 * stops at characters beyond the BMP, so it gets their code points.
 */
export function escapeLatex(text: string): string {
  return plainLine(text)
    .replace(/\p{Zs}/gu, " ")
    .replace(/(?<=^|[ [])-(?=\d)/g, "−")
    .replace(
      /([-',])(?=\1)|[\\&%$#_{}~^<>|`"\ufffd—–…×±≥≤−Δ]|[\u{10000}-\u{10ffff}]/gu,
      (sign) => COMMANDS[sign] ?? whereUnicode(sign),
    );
}

/** A character for XeLaTeX and LuaLaTeX, and its code point for pdfLaTeX. */
const whereUnicode = (sign: string): string =>
  `{\\ifdefined\\Umathchar ${sign}\\else U+${sign.codePointAt(0)!.toString(16).toUpperCase()}\\fi}`;

/** A cell that begins with "[" or "*", behind whatever spaces, would be read as the argument of the row end or the rule before it. */
function protectBracket(text: string): string {
  return /^\s*[[*]/.test(text) ? `{}${text.trimStart()}` : text;
}
