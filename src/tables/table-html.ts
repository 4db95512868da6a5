import { htmlText } from "./escape-html.js";
import { cellNotes, headerOf, letters, markOf, paperNotes, type TableParts } from "./table-parts.js";

/** The table as one HTML element that needs no style sheet and no script, footnotes inside. */
export function tableHtml(parts: TableParts<unknown>): string {
  const notes = cellNotes(parts);
  const head = parts.columns.map(
    (column) => `<th scope="col" style="text-align:${column.align}">${htmlText(headerOf(column))}</th>`,
  );
  const body = parts.lines.map(({ cells }) => {
    const row = cells.map((cell, index) => {
      const mark = markOf(cell, notes);
      const raised = mark === null ? "" : `<sup>${mark}</sup>`;
      const shown = cell.isBest ? `<strong>${htmlText(cell.text)}</strong>` : htmlText(cell.text);
      return `<td style="text-align:${parts.columns[index]!.align}">${shown}${raised}</td>`;
    });
    return `<tr>${row.join("")}</tr>`;
  });
  const footnotes = [
    ...notes.map((note, index) => `<sup>${letters(index)}</sup> ${htmlText(note)}`),
    ...paperNotes(parts).map(htmlText),
  ];
  const foot =
    footnotes.length === 0
      ? ""
      : `<tfoot><tr><td colspan="${parts.columns.length}" style="text-align:left">${footnotes.join("<br>")}</td></tr></tfoot>`;
  const alarms = (parts.alarms ?? []).map((alarm) => `<strong>${htmlText(alarm)}</strong>`).join("<br>");
  const verdict = (parts.verdict ?? []).map(htmlText).join("<br>");
  const above = [alarms, verdict].filter((text) => text !== "").join("<br>");
  const caption = above === "" ? "" : `<caption style="text-align:left">${above}</caption>`;
  return `<table>${caption}<thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody>${foot}</table>`;
}
