import { type Elsewhere, flatBuffer, type Slot } from "./flatbuffer.js";

/** A column of a Parquet file with what is told about it. */
export interface ArrowColumn {
  readonly key: string;
  /** In DuckDB's words. */
  readonly type: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Numbers of Arrow's types in its `Type`, and their tables. */
const TYPES: Readonly<Record<string, readonly [number, readonly Slot[]]>> = {
  // Of 64 bits, signed.
  BIGINT: [
    2,
    [
      ["i32", 64],
      ["u8", 1],
    ],
  ],
  // Precision DOUBLE.
  DOUBLE: [3, [["i16", 2]]],
  VARCHAR: [5, []],
  JSON: [5, []],
  BOOLEAN: [6, []],
  // Unit MICROSECOND.
  TIMESTAMPTZ: [10, [["i16", 2], { text: "UTC" }]],
};
const LIST = 12;
const METADATA_V5 = 4;
const SCHEMA = 1;

/**
 * The schema that Arrow, and so pandas and pyarrow, look for under `ARROW:schema` of a Parquet file, in base64: it tells something of
 * each column, for which Parquet has no place. Null if a column's type is none that this package writes.
 *
 * Source: Apache Arrow, format/Schema.fbs and format/Message.fbs (metadata version 5).
 */
export function arrowSchema(
  columns: readonly ArrowColumn[],
  metadata: Readonly<Record<string, string>>,
): string | null {
  const fields = columns.map(({ key, type, metadata: told }) => fieldOf(key, type, told));
  if (fields.includes(null)) return null;
  const schema = { table: [null, { list: fields as Elsewhere[] }, pairs(metadata)] };
  const message = flatBuffer({ table: [["i16", METADATA_V5], ["u8", SCHEMA], schema] });
  const padded = Buffer.alloc(Math.ceil(message.length / 8) * 8);
  message.copy(padded);
  const head = Buffer.alloc(8, 0xff);
  head.writeInt32LE(padded.length, 4);
  return Buffer.concat([head, padded]).toString("base64");
}

function fieldOf(name: string, type: string, told: Readonly<Record<string, string>>): Elsewhere | null {
  const isList = type.endsWith("[]");
  const child = isList ? fieldOf("element", type.slice(0, -2), {}) : null;
  const [number, table] = isList ? [LIST, []] : (TYPES[type] ?? []);
  if (number === undefined || table === undefined || (isList && child === null)) return null;
  const children = { list: child === null ? [] : [child] };
  return { table: [{ text: name }, ["u8", 1], ["u8", number], { table }, null, children, pairs(told)] };
}

const pairs = (metadata: Readonly<Record<string, string>>): Elsewhere => ({
  list: Object.entries(metadata).map(([key, value]) => ({ table: [{ text: key }, { text: value }] })),
});
