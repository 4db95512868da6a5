/** What is used of a danfojs frame, or of one of its columns. */
export interface Frame {
  readonly columns: readonly string[];
  readonly values: readonly unknown[];
}

/** What is used of danfojs, which the caller brings: `import * as danfo from "danfojs-node"`. */
export interface Danfo<F> {
  readonly DataFrame: new (...options: never[]) => F;
}

/** One row of a frame. */
export type FrameRow = Readonly<Record<string, unknown>>;

/**
 * Rows as a danfojs DataFrame, for danfojs-node 1.2.0.
 *
 * Keys are brought to one order first, for danfojs takes the first row's and assigns by position. Columns are typed by
 * all rows, not by the first twenty: `int32`, `float32`, `boolean` or `string`. What is missing is null; lists and
 * objects become JSON text.
 *
 * @example frame(await ttft.read({ vLLM: "vllm.jsonl" }), danfo).describe().print()
 */
export function frame<F>(rows: readonly object[], danfo: Danfo<F>): F {
  return build(danfo.DataFrame, rows as readonly FrameRow[]);
}

/**
 * A danfojs frame as rows, which tables and charts take; NaN and undefined become null.
 *
 * @typeParam R What the rows are; it is not checked.
 * @example ttft.table(rows<TtftRecord>(frame))
 */
export function rows<R = FrameRow>({ columns, values }: Frame): R[] {
  return values.map((value) => {
    const cells: readonly unknown[] = Array.isArray(value) ? value : [value];
    return Object.fromEntries(columns.map((column, index) => [column, known(cells[index])])) as R;
  });
}

/** A frame of the same class as another. */
export function frameLike<F extends Frame>(other: F, rows: readonly FrameRow[], columns = other.columns): F {
  return build(other.constructor as Danfo<F>["DataFrame"], rows, columns);
}

/** Whether a value is a danfojs frame or one of its columns. */
export function isFrame(value: unknown): value is Frame {
  const { columns, values } = (value ?? {}) as Partial<Frame>;
  return Array.isArray(columns) && Array.isArray(values);
}

function build<F>(
  DataFrame: Danfo<F>["DataFrame"],
  rows: readonly FrameRow[],
  columns: readonly string[] = [...new Set(rows.flatMap((row) => Object.keys(row)))],
): F {
  const table = rows.map((row) => columns.map((column) => flat(row[column])));
  const dtypes = columns.map((_, index) => dtypeOf(table.map((row) => row[index])));
  return Reflect.construct(DataFrame, [table, { columns: [...columns], dtypes }]) as F;
}

const known = (value: unknown): unknown =>
  value === undefined || (typeof value === "number" && Number.isNaN(value)) ? null : value;

function flat(value: unknown): unknown {
  const present = known(value);
  return typeof present === "object" && present !== null ? JSON.stringify(present) : present;
}

const INT32 = 2 ** 31;

/** The type of a column; one without any value is `float32`, as danfojs takes it. */
function dtypeOf(values: readonly unknown[]): "int32" | "float32" | "boolean" | "string" {
  const present = values.filter((value) => value !== null);
  if (present.length === 0) return "float32";
  if (present.every((value) => typeof value === "boolean")) return "boolean";
  if (!present.every((value) => typeof value === "number")) return "string";
  return present.every((value) => Number.isInteger(value) && value >= -INT32 && value < INT32)
    ? "int32"
    : "float32";
}
