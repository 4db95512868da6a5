import { withSamplesNamed } from "../../domain/records/dataset-name.js";
import type { LogOrigin } from "../../domain/records/log-origin.js";
import type { MethodName } from "../../domain/records/methods.js";
import type { QualityRecord } from "../../domain/records/record-kinds.js";

interface LabelledMethod {
  readonly label: string | null;
  readonly method: MethodName | null;
}

/** What identifies a row of a method comparison. */
export const labelOf = ({ label, method }: LabelledMethod): string => label ?? method ?? "unlabelled";

/**
 * The rows of examples that were asked, each with its last prompt: if a server's limit became known halfway through an
 * example, methods that had answered the longer prompt were asked again with the shorter one.
 */
export function askedRows<R extends QualityRecord>(rows: readonly R[]): R[] {
  const last = new Map<string, number | "left out">();
  const cutOf = ({ left_out, context_cut_tokens }: R) =>
    left_out === true ? "left out" : (context_cut_tokens ?? null);
  for (const row of rows) {
    const cut = cutOf(row);
    if (cut !== null) last.set(keyOf(row), cut);
  }
  return withSamplesNamed(rows).filter((row) => {
    const cut = cutOf(row);
    return cut !== "left out" && (cut === null || cut === last.get(keyOf(row)));
  });
}

/** Lines of different logs belong to different runs, which never replace one another. */
const keyOf = (row: QualityRecord & Partial<LogOrigin>): string =>
  [
    row.log_path,
    row.dataset,
    row.example_id,
    labelOf(row),
    row.model,
    row.wording,
    row.format,
    row.tokenised,
  ].join("\n");
