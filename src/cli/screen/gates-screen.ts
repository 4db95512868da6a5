import { jsonText } from "../../domain/json.js";
import { plainText } from "../../domain/plain-text.js";
import type { Gate } from "../../domain/records/gate.js";
import { type GateResult, type GateSubject, judgeGates } from "../../report/gates/judge-gates.js";
import { type Console, colour } from "./console.js";

/** Judges the gates that were given and says which fail and why; null where none was given. */
export function sayGates(
  { err }: Pick<Console, "err">,
  gates: readonly Gate[] | undefined,
  subjects: () => readonly GateSubject[],
): readonly GateResult[] | null {
  if (gates === undefined) return null;
  const results = judgeGates(gates, subjects());
  for (const { sentence } of results) {
    if (sentence !== null) err.write(`${colour(err, 31, plainText(sentence))}\n`);
  }
  return results;
}

/** Whether a gate failed. */
export const gateFailed = (results: readonly GateResult[] | null): boolean =>
  results?.some(({ failed }) => failed) ?? false;

/** What became of the gates, as JSON has it. */
export const gatesJson = (results: readonly GateResult[]) =>
  results.map(({ gate, failed, rows: failing }) => ({ gate, failed, rows: failing }));

/** A table's rows as JSON; with what became of the gates where some were given. */
export function rowsJson(rows: unknown, results: readonly GateResult[] | null): string {
  return `${jsonText(results === null ? rows : { rows, gates: gatesJson(results) })}\n`;
}
