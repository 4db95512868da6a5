import { KnownBytes, type MemoryView } from "../../wire/known-bytes.js";

const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;

const ZERO = 48;
const NINE = 57;
/** As many make a number that is exact. */
const MOST_DIGITS = 15;

/** The inside of a JSON string, or a whole number: where it begins and ends in a text. */
export interface VariableSpan {
  readonly of: "text" | "digits";
  readonly from: number;
  readonly to: number;
}

/**
 * A JSON text that may be found again with other words in its spans.
 *
 * A span of text takes only plain text, at least one character without quotes, backslashes and control characters, which stands
 * for itself in JSON; one of digits takes a number from 1 on. So what was found differs from what was known in the values of
 * those strings and numbers and in nothing else.
 */
export class KnownText {
  readonly #pieces: readonly KnownBytes[];
  readonly #isDigits: readonly boolean[];
  /** Of the last match: the last span. */
  variableStart = 0;
  variableEnd = 0;

  /** A text as Latin-1, and its spans in order; four bytes at least before, between and after them. */
  constructor(text: string, spans: readonly VariableSpan[]) {
    const edges = [0, ...spans.flatMap(({ from, to }) => [from, to]), text.length];
    this.#pieces = Array.from({ length: spans.length + 1 }, (_, i) => {
      const piece = text.slice(edges[2 * i], edges[2 * i + 1]);
      return new KnownBytes(Buffer.from(piece, "latin1"));
    });
    this.#isDigits = spans.map((span) => span.of === "digits");
  }

  /** Where the text ends that begins at `start`; −1 when it is not there, all of it. */
  match(memory: MemoryView, bytes: Buffer, start: number, end: number): number {
    const view = memory.of(bytes);
    const { byteOffset } = bytes;
    const pieces = this.#pieces;
    let at = start;
    for (let i = 0; i < pieces.length; i++) {
      if (i > 0) {
        const to = this.#isDigits[i - 1] ? afterNumber(bytes, at, end) : afterText(bytes, at, end);
        if (to === -1) return -1;
        this.variableStart = at;
        this.variableEnd = to;
        at = to;
      }
      const piece = pieces[i]!;
      if (at + piece.length > end || !piece.standAt(view, byteOffset + at)) return -1;
      at += piece.length;
    }
    return at;
  }
}

/** Where plain text ends that begins here; −1 where there is none. */
function afterText(bytes: Buffer, start: number, end: number): number {
  let at = start;
  for (let byte = bytes[at]!; at < end && byte !== QUOTE; byte = bytes[++at]!) {
    if (byte === BACKSLASH || byte < SPACE) return -1;
  }
  return at === start ? -1 : at;
}

/** The same of a whole number above 0. */
function afterNumber(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at]! >= ZERO && bytes[at]! <= NINE) at += 1;
  return at === start || at - start > MOST_DIGITS || bytes[start] === ZERO ? -1 : at;
}

/** The number that begins after a pattern; `null` where there is none that {@link KnownText} takes. */
export function digitsAfter(pattern: RegExp, text: string): VariableSpan | null {
  const found = pattern.exec(text);
  if (found === null) return null;
  const from = found.index + found[0].length;
  const digits = /^[1-9]\d*(?=[,}])/.exec(text.slice(from, from + MOST_DIGITS + 1));
  return digits === null ? null : { of: "digits", from, to: from + digits[0].length };
}

/** The inside of the string that begins after a pattern; `null` where there is none. */
export function variableSpanAfter(pattern: RegExp, text: string): VariableSpan | null {
  const found = pattern.exec(text);
  if (found === null) return null;
  const from = found.index + found[0].length;
  for (let to = from; to < text.length; to++) {
    if (text[to] === '"') return { of: "text", from, to };
    if (text[to] === "\\") to += 1;
  }
  return null;
}
