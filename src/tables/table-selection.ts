import { OptionError } from "../domain/errors/errors.js";
import { keyMeant } from "../domain/records/columns.js";
import { formatCounted } from "./format.js";
import { type Column, headerOf, type TableParts } from "./table-parts.js";

/** Which columns of a table are shown, in which order, and how many of its rows. */
export interface TableSelection<K extends string = string> {
  /** The names of the columns, in the order they are shown in; default all. */
  readonly columns?: readonly K[];
  /** Number of rows shown, from the first; default all of a table, 20 of rows and frames. */
  readonly limit?: number;
}

/** The number of rows a selection allows; `otherwise` if it names none. */
export function checkedLimit({ limit }: TableSelection, otherwise: number): number {
  if (limit === undefined) return otherwise;
  if (Number.isInteger(limit) && limit >= 1) return limit;
  throw new OptionError("limit", "must be a whole number from 1", limit);
}

/** The columns that a selection names, out of `known`; a key may be given by its name in older logs. */
export function checkedColumns<K extends string>(
  { columns }: TableSelection,
  known: readonly K[],
): readonly K[] {
  if (columns === undefined) return known;
  if (!Array.isArray(columns) || columns.length === 0)
    throw new OptionError("columns", "must be a list of column names", columns);
  return columns.map((name) => {
    const key = keyMeant(known, name);
    if (key === undefined) throw new OptionError("columns", `must be among ${known.join(", ")}`, name);
    return key;
  });
}

/** The note below a table that shows only its first rows. */
export const firstOf = (shown: number, all: number, what = formatCounted(all, "row")): string[] =>
  shown < all ? [`The first ${shown} of ${what}.`] : [];

/**
 * A table with fewer columns or rows. A column is named by its header, with or without its unit.
 *
 * @throws OptionError for an unknown column.
 */
export function selectParts<D>(parts: TableParts<D>, selection: TableSelection): TableParts<D> {
  const shortNames = parts.columns.map(shortName);
  const named = selection.columns?.map((name) => {
    const at = parts.columns.findIndex((column) => headerOf(column) === name);
    return at === -1 ? name : shortNames[at]!;
  });
  const kept = checkedColumns({ ...(named !== undefined && { columns: named }) }, shortNames);
  const indices =
    selection.columns === undefined
      ? shortNames.map((_, i) => i)
      : kept.map((name) => shortNames.indexOf(name));
  const lines = parts.lines.slice(0, checkedLimit(selection, parts.lines.length));
  return {
    ...parts,
    columns: indices.map((i) => parts.columns[i]!),
    lines: lines.map(({ cells, data }) => ({ cells: indices.map((i) => cells[i]!), data })),
    notes: [...parts.notes, ...firstOf(lines.length, parts.lines.length)],
  };
}

const shortName = ({ header }: Column): string => header.replaceAll("\n", " ");
