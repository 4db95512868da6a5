/** A value in a table of a FlatBuffer: a number of one, two or four bytes, or what lies elsewhere. */
export type Slot = readonly ["u8" | "i16" | "i32", number] | Elsewhere;

/** A table with its fields in their order, null where one is left out; a text; or a list of tables. */
export type Elsewhere =
  | { readonly table: readonly (Slot | null)[] }
  | { readonly text: string }
  | { readonly list: readonly Elsewhere[] };

const WIDTHS = { u8: 1, i16: 2, i32: 4 } as const;
const OFFSET_BYTES = 4;

const isNumber = (slot: Slot): slot is readonly ["u8" | "i16" | "i32", number] => Array.isArray(slot);
const widthOf = (slot: Slot): number => (isNumber(slot) ? WIDTHS[slot[0]] : OFFSET_BYTES);

/**
 * The bytes of a FlatBuffer with this table as its root. What a table points to lies behind it.
 *
 * Source: FlatBuffers, "Internals".
 */
export function flatBuffer(root: Elsewhere): Buffer {
  const parts: Buffer[] = [];
  let length = 0;
  const put = (part: Buffer): number => {
    const padding = Buffer.alloc(-length & 3);
    parts.push(padding, part);
    length += padding.length + part.length;
    return length - part.length;
  };
  /** Puts one thing and then what it points to; gives its place. */
  const write = (one: Elsewhere): number => {
    if ("text" in one) {
      const text = Buffer.from(`${one.text}\0`);
      return put(Buffer.concat([int32(text.length - 1), text]));
    }
    if ("list" in one) {
      const vector = Buffer.alloc(OFFSET_BYTES * (one.list.length + 1));
      vector.writeInt32LE(one.list.length);
      const place = put(vector);
      for (const [i, element] of one.list.entries()) point(vector, place, OFFSET_BYTES * (i + 1), element);
      return place;
    }
    return writeTable(one.table);
  };
  const point = (from: Buffer, place: number, at: number, to: Elsewhere): void => {
    from.writeInt32LE(write(to) - (place + at), at);
  };
  const writeTable = (slots: readonly (Slot | null)[]): number => {
    // The widest first: each then lies at a multiple of its width.
    const ordered = slots
      .flatMap((slot, index) => (slot === null ? [] : [{ slot, index }]))
      .sort((a, b) => widthOf(b.slot) - widthOf(a.slot));
    const fields = Buffer.alloc(4 + 2 * slots.length);
    let bytes = OFFSET_BYTES;
    for (const { slot, index } of ordered) {
      fields.writeUInt16LE(bytes, 4 + 2 * index);
      bytes += widthOf(slot);
    }
    fields.writeUInt16LE(fields.length, 0);
    fields.writeUInt16LE(bytes, 2);
    const before = put(fields);
    const table = Buffer.alloc(bytes);
    const place = put(table);
    table.writeInt32LE(place - before);
    for (const { slot, index } of ordered) {
      const at = fields.readUInt16LE(4 + 2 * index);
      if (!isNumber(slot)) point(table, place, at, slot);
      else table.writeIntLE(slot[1], at, WIDTHS[slot[0]]);
    }
    return place;
  };
  const start = int32(0);
  put(start);
  start.writeInt32LE(write(root));
  return Buffer.concat(parts);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
