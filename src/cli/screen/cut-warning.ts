import { cutPrompts, type PromptCounts } from "../../domain/records/cut-prompt.js";
import type { Outcome } from "../../domain/records/words.js";
import { cutSentence } from "../../report/request-notes.js";
import type { Sink } from "./console.js";

/** Says on stderr that prompts were cut, where a table's notes are not printed. */
export function warnOfCuts(
  err: Sink,
  rows: readonly (PromptCounts & { readonly outcome: Outcome })[],
  { json }: { readonly json?: true | undefined },
): void {
  if (json !== true) return;
  const isCut = cutPrompts(rows);
  for (const sentence of cutSentence(rows.filter((row) => row.outcome === "ok" && isCut(row))))
    err.write(`${sentence}\n`);
}
