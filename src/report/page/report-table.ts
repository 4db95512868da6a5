import { htmlText } from "../../tables/escape-html.js";
import { cellNotes, letters, markOf, paperNotes, type TableParts } from "../../tables/table-parts.js";

/** A longer text is broken into lines. */
const LONG = 36;

/**
 * A table of a report: its caption names it, key columns are row headers, and the notes are below the box it scrolls in,
 * where they can be read on a phone.
 */
export function reportTable(caption: string): (parts: TableParts<unknown>) => string {
  return (parts) => {
    const notes = cellNotes(parts);
    const head = parts.columns.map(({ header, unit, align }) => {
      const lines = [...header.split("\n"), ...(unit === undefined ? [] : [`(${unit})`])];
      return `<th scope="col" class="${align}">${lines.map(htmlText).join("<br>")}</th>`;
    });
    const body = parts.lines.map(({ cells }) => {
      const row = cells.map((cell, index) => {
        const { align, isKey } = parts.columns[index]!;
        const mark = markOf(cell, notes);
        const words = cell.isBest ? `<strong>${htmlText(cell.text)}</strong>` : htmlText(cell.text);
        const shown = mark === null ? words : `${words}<sup>${mark}</sup>`;
        const look = cell.text.length > LONG ? `${align} long` : align;
        return isKey ? `<th scope="row" class="${look}">${shown}</th>` : `<td class="${look}">${shown}</td>`;
      });
      return `<tr>${row.join("")}</tr>`;
    });
    const below = [
      ...notes.map((note, index) => `<p><sup>${letters(index)}</sup> ${htmlText(note)}</p>`),
      ...paperNotes(parts).map((note) => `<p>${htmlText(note)}</p>`),
    ];
    const verdict = (parts.verdict ?? []).map((sentence) => `<p>${htmlText(sentence)}</p>`).join("");
    const alarms = (parts.alarms ?? []).map((alarm) => `<p><strong>${htmlText(alarm)}</strong></p>`).join("");
    return (
      `${alarms}${verdict}<div class="wide" role="region" aria-label="${htmlText(`Table: ${caption}`)}" tabindex="0"><table><caption>${htmlText(caption)}</caption>` +
      `<thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table></div>` +
      (below.length === 0 ? "" : `<div class="notes">${below.join("")}</div>`)
    );
  };
}
