/** In the order of Arrow's `TimeUnit`. */
const UNITS_A_SECOND = [1, 1e3, 1e6, 1e9] as const;

const DURATION = 18;
/** Where the unit is left out, it is a millisecond. */
const DEFAULT_UNIT = 1;

/**
 * The columns of a Parquet file that are durations, each with how many of its units are a second, by the schema that Arrow
 * (so pandas and Polars too) leaves under `ARROW:schema`: Parquet itself has no such type, and gives bare integers.
 *
 * Source: Apache Arrow, format/Schema.fbs and format/Message.fbs; FlatBuffers, "Internals".
 *
 * @param encoded the schema as it stands there, in base64; what can't be read has no durations.
 */
export function arrowDurations(encoded: string): ReadonlyMap<string, number> {
  const bytes = Buffer.from(encoded, "base64");
  try {
    // A message begins with a mark of four bytes and its length; before Arrow 0.15 the mark was left out.
    const start = bytes.readUInt32LE(0) === 0xffffffff ? 8 : 4;
    return durationsOf(bytes, table(bytes, start));
  } catch (cause) {
    if (cause instanceof RangeError) return new Map();
    throw cause;
  }
}

function durationsOf(bytes: Buffer, message: number): ReadonlyMap<string, number> {
  const schema = table(bytes, requiredField(bytes, message, 2));
  const found = new Map<string, number>();
  for (const field of tables(bytes, requiredField(bytes, schema, 1))) {
    const name = fieldAt(bytes, field, 0);
    const type = fieldAt(bytes, field, 2);
    const details = fieldAt(bytes, field, 3);
    if (name === null || type === null || details === null || bytes[type] !== DURATION) continue;
    const unit = fieldAt(bytes, table(bytes, details), 0);
    const units = UNITS_A_SECOND[unit === null ? DEFAULT_UNIT : bytes.readInt16LE(unit)];
    if (units !== undefined) found.set(text(bytes, name), units);
  }
  return found;
}

/** Where the table begins that an offset points to. */
function table(bytes: Buffer, offset: number): number {
  return offset + bytes.readUInt32LE(offset);
}

/** Where a table has its field of this number; null where it is left out. */
function fieldAt(bytes: Buffer, at: number, index: number): number | null {
  const fields = at - bytes.readInt32LE(at);
  const place = 4 + 2 * index;
  const offset = place < bytes.readUInt16LE(fields) ? bytes.readUInt16LE(fields + place) : 0;
  return offset === 0 ? null : at + offset;
}

function requiredField(bytes: Buffer, at: number, index: number): number {
  const field = fieldAt(bytes, at, index);
  if (field === null) throw new RangeError(`field ${index} is left out`);
  return field;
}

function tables(bytes: Buffer, offset: number): number[] {
  const vector = table(bytes, offset);
  return Array.from({ length: bytes.readUInt32LE(vector) }, (_, index) =>
    table(bytes, vector + 4 + 4 * index),
  );
}

function text(bytes: Buffer, offset: number): string {
  const begin = table(bytes, offset) + 4;
  return bytes.toString("utf8", begin, begin + bytes.readUInt32LE(begin - 4));
}
