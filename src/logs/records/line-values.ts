import type { Column } from "../../domain/records/column.js";
import { decimalAt, decimalEnd } from "./decimal.js";
import { readerOf } from "./record-parser.js";

/** Bytes of valid UTF-8, and the same as a view, by which eight are compared at once, wherever they begin. */
export interface Block {
  readonly bytes: Buffer;
  readonly view: DataView;
}

export const blockOf = (bytes: Buffer): Block => ({ bytes, view: viewOf(bytes) });

export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/**
 * Whether the bytes of `wanted` from one place to another, which are JSON, stand in `view` too. Eight bytes without a zero that
 * are the same double are the same bytes; some bytes above ASCII are no number, and are then said to differ.
 */
export function isSame(wanted: DataView, from: number, to: number, view: DataView, at: number): boolean {
  if (at + to - from > view.byteLength) return false;
  const shift = at - from;
  let i = from;
  for (; i + 8 <= to; i += 8) if (wanted.getFloat64(i) !== view.getFloat64(i + shift)) return false;
  if (i + 4 <= to) {
    if (wanted.getInt32(i) !== view.getInt32(i + shift)) return false;
    i += 4;
  }
  for (; i < to; i++) if (wanted.getUint8(i) !== view.getUint8(i + shift)) return false;
  return true;
}

/** How the values of one column are read, and the texts it had last. */
export interface Field {
  readonly kind: Column<unknown>["kind"];
  readonly read: (value: unknown) => unknown;
  /** What it reads `null` as; undefined where that is refused. */
  readonly ofNull: unknown;
  /** Whether the texts of lines far apart are alike, however long they are. */
  readonly repeats: boolean;
  last: Seen;
  before: Seen;
  /** Texts that were new, in a row. */
  misses: number;
}

/** The bytes of a text with its quotes, and what was read from it. */
interface Seen {
  readonly bytes: DataView;
  readonly value: unknown;
}

const NOTHING: Seen = { bytes: viewOf(Buffer.alloc(0)), value: null };
/** Longer texts are remembered only where they repeat. */
const MOST_REMEMBERED_BYTES = 80;
/** Where so many in a row were new, as times of day are, the next are not remembered either, until it is tried again. */
const MOST_MISSES = 8;
const AGAIN = 256;

export function fieldOf(name: string, column: Column<unknown>): Field {
  const read = readerOf(name, column);
  return {
    kind: column.kind,
    read,
    ofNull: attempt(read, null),
    repeats: column.repeats === true || column.kind === "word",
    last: NOTHING,
    before: NOTHING,
    misses: 0,
  };
}

/** What a value is read as; undefined where it is refused. */
function attempt(read: (value: unknown) => unknown, value: unknown): unknown {
  try {
    return read(value);
  } catch {
    return undefined;
  }
}

const QUOTE = 0x22;
const OPEN = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE = 0x5d;
const BRACE = 0x7b;
const SPACE = 0x20;
const LAST_ASCII = 0x7f;
const NULL = viewOf(Buffer.from("null"));
const TRUE = viewOf(Buffer.from("true"));
const FALSE = viewOf(Buffer.from("false"));

/** Reads the value at `at` into its place and gives where it ends; 0 where it is not an ordinary value of its column. */
export function readValue(block: Block, at: number, field: Field, values: unknown[], place: number): number {
  switch (field.kind) {
    case "text":
    case "word":
      if (block.bytes[at] === QUOTE) return readText(block, at, field, values, place);
      break;
    case "flag":
      if (isSame(TRUE, 0, 4, block.view, at)) {
        values[place] = true;
        return at + 4;
      }
      if (isSame(FALSE, 0, 5, block.view, at)) {
        values[place] = false;
        return at + 5;
      }
      break;
    case "numbers":
    case "texts":
      if (block.bytes[at] === OPEN) return readList(block.bytes, at, field, values, place);
      break;
    default: {
      const number = decimalAt(block.bytes, at);
      if (isAllowed(number, field.kind)) {
        values[place] = number;
        return decimalEnd;
      }
    }
  }
  if (field.ofNull === undefined || !isSame(NULL, 0, 4, block.view, at)) return 0;
  values[place] = field.ofNull;
  return at + 4;
}

/** Whether a number is one that its column keeps as it is; NaN never is. */
function isAllowed(number: number, kind: Field["kind"]): boolean {
  if (kind === "count") return Number.isInteger(number) && number >= 1;
  if (kind === "signed") return !Number.isNaN(number);
  return number >= 0 && (kind !== "score" || number <= 1);
}

function readText(
  { bytes, view }: Block,
  at: number,
  field: Field,
  values: unknown[],
  place: number,
): number {
  const { last, before } = field;
  const lastLength = last.bytes.byteLength;
  if (lastLength > 0 && isSame(last.bytes, 0, lastLength, view, at)) {
    field.misses = 0;
    values[place] = last.value;
    return at + lastLength;
  }
  const beforeLength = before.bytes.byteLength;
  if (beforeLength > 0 && isSame(before.bytes, 0, beforeLength, view, at)) {
    field.last = before;
    field.before = last;
    values[place] = before.value;
    return at + beforeLength;
  }
  const end = afterText(bytes, at);
  const text = end === 0 ? undefined : textOf(bytes, at, end);
  const value = text === undefined ? undefined : attempt(field.read, text);
  if (value === undefined) return 0;
  values[place] = value;
  field.misses++;
  if (field.repeats || (end - at <= MOST_REMEMBERED_BYTES && field.misses % AGAIN < MOST_MISSES)) {
    field.before = last;
    field.last = { bytes: viewOf(Uint8Array.prototype.slice.call(bytes, at, end)), value };
  }
  return end;
}

/** The index after the JSON text that begins at `at`; 0 if it does not end, or holds a control character. */
function afterText(bytes: Uint8Array, at: number): number {
  for (let i = at + 1; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) return i + 1;
    if (byte < SPACE) return 0;
    if (byte === BACKSLASH) i++;
  }
  return 0;
}

/** The text between two quotes; undefined where an escape in it is none. */
function textOf(bytes: Buffer, at: number, end: number): string | undefined {
  let isAscii = true;
  for (let i = at; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === BACKSLASH) return attempt(parseBytes, bytes.subarray(at, end)) as string | undefined;
    if (byte > LAST_ASCII) isAscii = false;
  }
  return bytes.toString(isAscii ? "latin1" : "utf8", at + 1, end - 1);
}

const parseBytes = (bytes: unknown): unknown => JSON.parse((bytes as Buffer).toString("utf8"));

/** A list with no list or object in it. */
function readList(bytes: Buffer, at: number, field: Field, values: unknown[], place: number): number {
  let i = at + 1;
  while (i > 0 && i < bytes.length && bytes[i] !== CLOSE) {
    const byte = bytes[i]!;
    if (byte === OPEN || byte === BRACE || byte < SPACE) return 0;
    i = byte === QUOTE ? afterText(bytes, i) : i + 1;
  }
  if (i === 0 || i >= bytes.length) return 0;
  const list = attempt(parseBytes, bytes.subarray(at, i + 1));
  const value = list === undefined ? undefined : attempt(field.read, list);
  if (value === undefined) return 0;
  values[place] = value;
  return i + 1;
}
