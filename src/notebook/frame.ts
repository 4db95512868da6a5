import { own } from "../domain/json.js";
/** The part of a danfojs frame, or of one of its columns, that is used. */
export interface Frame {
  readonly columns: readonly string[];
  readonly dtypes: readonly string[];
  readonly values: readonly unknown[];
}

/** The part of danfojs that is used; the caller provides it: `import * as danfo from "danfojs-node"`. */
export interface Danfo<F> {
  readonly DataFrame: new (...options: never[]) => F;
}

/** One row of a frame. */
export type FrameRow = Readonly<Record<string, unknown>>;

/** The cells of one row, in the order of the columns. */
export type Cells = readonly unknown[];

/**
 * Rows as a danfojs DataFrame, for danfojs-node 1.2.0.
 *
 * Keys are put into one order first, because danfojs takes the first row's and assigns by position. Columns are typed by all
 * rows, not by the first twenty: `int32`, `float32`, `boolean` or `string` (`float32` without any value). Missing values are
 * null; lists and objects become JSON text.
 *
 * @param rows records, a table's `rows`, or any other objects.
 * @param danfo the package: `import * as danfo from "danfojs-node"`.
 * @example frame([{ label: "vLLM", ttft_seconds: 0.21 }], danfo).columns // ["label", "ttft_seconds"]
 */
export function frame<F>(rows: readonly object[], danfo: Danfo<F>): F {
  const found = rows as readonly FrameRow[];
  const columns = [...new Set(found.flatMap((row) => Object.keys(row)))];
  const cells = found.map((row) => columns.map((column) => own(row, column)));
  return build(danfo.DataFrame, columns, cells, new Map());
}

/**
 * A danfojs frame as rows, which tables and charts take; NaN and undefined become null.
 *
 * @typeParam R What the rows are; it is not checked.
 * @param frame a danfojs frame, or one of its columns.
 * @example rows(frame([{ label: "vLLM", ttft_seconds: 0.21 }], danfo)) // [{ label: "vLLM", ttft_seconds: 0.21 }]
 */
export function rows<R = FrameRow>(frame: Frame): R[] {
  const { columns } = frame;
  return cellsOf(frame).map(
    (cells) => Object.fromEntries(columns.map((column, index) => [column, known(cells[index])])) as R,
  );
}

/** The rows of a frame as danfojs has them; those of a single column have one cell each. */
export function cellsOf({ values }: Frame): readonly Cells[] {
  return Array.isArray(values[0]) ? (values as readonly Cells[]) : values.map((value) => [value]);
}

/** A frame of the same class as another; a column without any value keeps its type. */
export function frameLike<F extends Frame>(other: F, columns: readonly string[], cells: readonly Cells[]): F {
  const types = new Map(other.columns.map((column, index) => [column, other.dtypes[index]!]));
  return build(other.constructor as Danfo<F>["DataFrame"], columns, cells, types);
}

/** Whether a value is a danfojs frame or one of its columns. */
export function isFrame(value: unknown): value is Frame {
  const { columns, dtypes, values } = (value ?? {}) as Partial<Frame>;
  return [columns, dtypes, values].every(Array.isArray);
}

function build<F>(
  DataFrame: Danfo<F>["DataFrame"],
  columns: readonly string[],
  cells: readonly Cells[],
  typesBefore: ReadonlyMap<string, string>,
): F {
  const table = cells.map((row) => row.map(flat));
  const dtypes = columns.map(
    (column, index) => dtypeOf(table, index) ?? typesBefore.get(column) ?? "float32",
  );
  return Reflect.construct(DataFrame, [table, { columns: [...columns], dtypes }]) as F;
}

/** A value, or null for what danfojs and records have instead of one. */
export const known = (value: unknown): unknown =>
  value === undefined || (typeof value === "number" && Number.isNaN(value)) ? null : value;

function flat(value: unknown): unknown {
  const present = known(value);
  return typeof present === "object" && present !== null ? JSON.stringify(present) : present;
}

const isInt32 = (value: number): boolean => (value | 0) === value;

/** The type of a column by its values; null if there are none. */
function dtypeOf(table: readonly Cells[], index: number): "int32" | "float32" | "boolean" | "string" | null {
  let type: "int32" | "float32" | "boolean" | null = null;
  for (const row of table) {
    const value = row[index];
    if (value === null) continue;
    if (typeof value === "number" && type !== "boolean") {
      type = isInt32(value) && type !== "float32" ? "int32" : "float32";
    } else if (typeof value === "boolean" && (type === null || type === "boolean")) {
      type = "boolean";
    } else return "string";
  }
  return type;
}
