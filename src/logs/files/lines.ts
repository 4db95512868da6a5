import { isAscii, isUtf8 } from "node:buffer";
import type { LogBytes } from "./log-bytes.js";

/**
 * Told of every line, counted from 1, without its end; `text` is null where the bytes are not UTF-8, which then stand in
 * `bytes`.
 */
export type LineVisitor = (text: string | null, line: number, ended: boolean, bytes?: Buffer) => void;

/** Bytes read at once: enough to make the calls few, little enough for the text to be made in the young heap. */
const BLOCK_BYTES = 1 << 15;
const LF = 0x0a;
const CR = 0x0d;

/**
 * Visits the lines of a UTF-8 text and returns where the last whole line ends, in bytes.
 *
 * A line ends in LF, CRLF or CR. Only the last one can come with `ended` false: the text stops before its end. Byte-order
 * marks at the beginnings of lines, which files that were joined have there, are taken off.
 */
export function visitLines(source: LogBytes, visit: LineVisitor): number {
  let buffer: Buffer = Buffer.allocUnsafe(Math.max(64, Math.min(BLOCK_BYTES, source.size + 1)));
  let held = 0;
  let line = 1;
  let wholeBytes = 0;
  for (;;) {
    const read = source.read(buffer, held);
    const bytes = buffer.subarray(0, held + read);
    if (read === 0) {
      if (held === 0) return wholeBytes;
      if (bytes[held - 1] !== CR) visitOne(bytes, line, false, visit);
      else {
        visitWhole(bytes, line, visit);
        wholeBytes += held;
      }
      return wholeBytes;
    }
    const end = lastEnd(bytes);
    if (end > 0) line = visitWhole(bytes.subarray(0, end), line, visit);
    wholeBytes += end;
    held = bytes.length - end;
    if (end === 0 && held === buffer.length) {
      const larger = Buffer.allocUnsafe(buffer.length * 2);
      buffer.copy(larger);
      buffer = larger;
    } else {
      buffer.copyWithin(0, end, bytes.length);
    }
  }
}

/** Where the last whole line ends; a CR that comes last may be half of a CRLF. */
function lastEnd(bytes: Buffer): number {
  return Math.max(bytes.lastIndexOf(LF), bytes.length < 2 ? -1 : bytes.lastIndexOf(CR, -2)) + 1;
}

/** Visits lines that are all whole and returns the number of the next one. */
function visitWhole(bytes: Buffer, firstLine: number, visit: LineVisitor): number {
  let line = firstLine;
  const text = textOf(bytes);
  // As Latin-1, characters stand where the bytes do.
  eachLine(text ?? bytes.toString("latin1"), (start, end) => {
    if (text === null) visitOne(bytes.subarray(start, end), line++, true, visit);
    else visit(text.slice(start, end), line++, true);
  });
  return line;
}

function visitOne(bytes: Buffer, line: number, ended: boolean, visit: LineVisitor): void {
  const text = textOf(bytes);
  if (text === null) visit(null, line, ended, bytes);
  else visit(text.slice(afterMarks(text, 0)), line, ended);
}

/** Calls `take` with the place of every line of a text whose last one ends too. */
function eachLine(text: string, take: (start: number, end: number) => void): void {
  let lf = text.indexOf("\n");
  let cr = text.indexOf("\r");
  for (let start = 0; start < text.length; ) {
    if (lf >= 0 && lf < start) lf = text.indexOf("\n", start);
    if (cr >= 0 && cr < start) cr = text.indexOf("\r", start);
    const end = lf < 0 || (cr >= 0 && cr < lf) ? cr : lf;
    take(afterMarks(text, start), end);
    start = end === cr && lf === cr + 1 ? lf + 1 : end + 1;
  }
}

function afterMarks(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) === 0xfeff) at++;
  return at;
}

function textOf(bytes: Buffer): string | null {
  // Most logs are ASCII, which is a copy away from a string; decoding would be a fifth of the time of reading.
  if (isAscii(bytes)) return bytes.toString("latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : null;
}
