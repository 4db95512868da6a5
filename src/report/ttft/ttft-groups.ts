import { group } from "d3-array";
import { cutPrompts } from "../../domain/records/cut-prompt.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import { ORIGIN_TRAITS, type Series, seriesOf } from "../../domain/records/series.js";
import { type Counting, type TtftCell, ttftCell } from "./ttft-cell.js";

/** The requests of one series at one context length. */
export interface TtftGroup {
  /** The series' unique name. */
  readonly label: string;
  readonly series: Series<TtftRecord>;
  /** In tokens: `context_target`, or `context_tokens` if a log does not have it. */
  readonly context: number;
  readonly rows: readonly TtftRecord[];
  readonly cell: TtftCell;
}

/** Rows by series, in order of appearance, and by context, ascending. */
export function ttftGroups(rows: readonly TtftRecord[], counting: Counting): TtftGroup[] {
  const isCut = cutPrompts(rows);
  return seriesOf(rows, (row) => row.label ?? row.model ?? "unlabelled", ORIGIN_TRAITS).flatMap((series) =>
    [...group(series.rows, (row) => row.context_target ?? row.context_tokens)]
      .sort(([a], [b]) => a - b)
      .map(([context, rows]) => ({
        ...{ label: series.name, series, context, rows },
        cell: ttftCell(rows, isCut, counting),
      })),
  );
}
