import { group } from "d3-array";
import { cutPrompts } from "../domain/cut-prompt.js";
import type { TtftRecord } from "../domain/ttft-record.js";
import { type TtftCell, ttftCell } from "./ttft-cell.js";

/** The requests of one label at one context length. */
export interface TtftGroup {
  readonly label: string;
  /** In tokens: `context_target`, or `context_tokens` where a log does not have it. */
  readonly context: number;
  readonly rows: readonly TtftRecord[];
  readonly cell: TtftCell;
}

/** Rows by label, in the order the labels came, and by context, ascending. */
export function ttftGroups(rows: readonly TtftRecord[], includeContradicted: boolean): TtftGroup[] {
  const isCut = cutPrompts(rows);
  const byLabel = group(
    rows,
    (row) => row.label ?? row.model ?? "unlabelled",
    (row) => row.context_target ?? row.context_tokens,
  );
  return [...byLabel].flatMap(([label, byContext]) =>
    [...byContext]
      .sort(([a], [b]) => a - b)
      .map(([context, rows]) => ({ label, context, rows, cell: ttftCell(rows, isCut, includeContradicted) })),
  );
}
