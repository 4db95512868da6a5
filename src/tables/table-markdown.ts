import { htmlText } from "./escape-html.js";
import { cellNotes, headerOf, letters, markOf, paperNotes, type TableParts } from "./table-parts.js";

/** The table in GitHub's Markdown, footnotes below. */
export function tableMarkdown(parts: TableParts<unknown>): string {
  const notes = cellNotes(parts);
  const row = (texts: readonly string[]): string => `| ${texts.join(" | ")} |`;
  const lines = [
    row(parts.columns.map((column) => escapeMarkdown(headerOf(column)))),
    row(parts.columns.map(({ align }) => (align === "left" ? ":---" : "---:"))),
    ...parts.lines.map(({ cells }) =>
      row(
        cells.map((cell) => {
          const mark = markOf(cell, notes);
          const text = escapeMarkdown(cell.text);
          return (cell.isBest ? `**${text}**` : text) + (mark === null ? "" : `<sup>${mark}</sup>`);
        }),
      ),
    ),
  ];
  const footnotes = [
    ...notes.map((note, index) => `<sup>${letters(index)}</sup> ${escapeMarkdown(note)}`),
    ...paperNotes(parts).map(paragraph),
  ];
  const alarms = (parts.alarms ?? []).map((alarm) => `> **${escapeMarkdown(alarm)}**`);
  const verdict = (parts.verdict ?? []).map(paragraph);
  return [...alarms, ...verdict, lines.join("\n"), ...footnotes].join("\n\n");
}

/** Text escaped for Markdown: no markup, no HTML, no cell border, and nothing that GitHub turns into a link. */
export function escapeMarkdown(text: string): string {
  return htmlText(text)
    .replace(/[\\`*_[\]|~$]/g, "\\$&")
    .replace(/:(?=\/\/)/g, "\\:")
    .replace(/\b(www)\./gi, "$1\\.");
}

/** The same at the beginning of a line, where it must not become a heading, list or block of code either. */
const paragraph = (text: string): string =>
  escapeMarkdown(text)
    .trimStart()
    .replace(/^(\d*)([#+=.)-])/, "$1\\$2");
