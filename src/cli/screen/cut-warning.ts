import { cutPrompts, type PromptCounts } from "../../domain/records/cut-prompt.js";
import type { Outcome } from "../../domain/records/words.js";
import { cutSentence } from "../../report/request-notes.js";
import { isData, type Sink, type TableFormat } from "./console.js";

/** Says on stderr that prompts were cut, where a table's notes are not printed. */
export function warnOfCuts(
  err: Sink,
  rows: readonly (PromptCounts & { readonly outcome: Outcome })[],
  format: TableFormat,
): void {
  if (!isData(format)) return;
  const isCut = cutPrompts(rows);
  for (const sentence of cutSentence(rows.filter((row) => row.outcome === "ok" && isCut(row))))
    err.write(`${sentence}\n`);
}
