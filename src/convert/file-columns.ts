import type { ColumnKind, Unit } from "../domain/records/column.js";
import { ORIGIN_KEYS } from "../domain/records/log-origin.js";
import type { RowsOfOneKind } from "./rows-of-one-kind.js";

/** One column of a file; a key that is no column of its kind has `other` for its kind. */
export interface FileColumn {
  readonly key: string;
  readonly kind: ColumnKind | "other";
  readonly unit: Unit;
  /** Markdown; null for what this package does not define. */
  readonly meaning: string | null;
}

/** The columns of a file: those of its kind in their order, then further keys of the rows, then where rows were read from. */
export function fileColumns({ columns, rows }: Pick<RowsOfOneKind, "columns" | "rows">): FileColumn[] {
  const own = Object.entries(columns).map(([key, { kind, unit, meaning }]) => ({ key, kind, unit, meaning }));
  const origin = ORIGIN_KEYS.map((key) => ({ key, kind: "text", unit: null, meaning: null }) as const);
  const told = new Set([...own, ...origin].map(({ key }) => key));
  const further = new Set<string>();
  for (const row of rows) for (const key in row) if (!told.has(key)) further.add(key);
  return [
    ...own,
    ...[...further].map((key) => ({ key, kind: "other", unit: null, meaning: null }) as const),
    ...origin,
  ];
}
