import { isAscii, isUtf8 } from "node:buffer";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { LogError } from "../domain/errors.js";
import { whyUnreadable } from "../domain/unreadable.js";

/** Told of every line, counted from 1, without its newline; `text` is null where the bytes are not UTF-8. */
export type LineVisitor = (text: string | null, line: number, ended: boolean) => void;

/** Bytes read at once: enough to make the calls few, little enough for the text to be made in the young heap. */
const BLOCK_BYTES = 1 << 15;
const NEWLINE = 0x0a;

/**
 * Visits the lines of a UTF-8 file and returns where the last whole line ends, in bytes.
 *
 * Only the last line can come with `ended` false: the file stops before a newline. A byte-order mark is taken off.
 *
 * @throws LogError when the file can't be read, or is UTF-16.
 */
export function visitLines(path: string, visit: LineVisitor): number {
  const file = open(path);
  try {
    let buffer = Buffer.allocUnsafe(Math.max(64, Math.min(BLOCK_BYTES, fstatSync(file).size + 1)));
    let held = 0;
    let line = 1;
    let wholeBytes = 0;
    for (;;) {
      const read = readSync(file, buffer, held, buffer.length - held, null);
      const bytes = buffer.subarray(0, held + read);
      if (line === 1) refuseUtf16(bytes, path);
      if (read === 0) {
        if (held > 0) visit(textOf(bytes, line), line, false);
        return wholeBytes;
      }
      const end = bytes.lastIndexOf(NEWLINE) + 1;
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
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EISDIR") throw unreadable(path, cause);
    throw cause;
  } finally {
    closeSync(file);
  }
}

/** Visits lines that all end in a newline and returns the number of the next one. */
function visitWhole(bytes: Buffer, firstLine: number, visit: LineVisitor): number {
  const text = textOf(bytes, firstLine);
  let line = firstLine;
  if (text === null) {
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(NEWLINE, start);
      visit(textOf(bytes.subarray(start, end), line), line++, true);
      start = end + 1;
    }
    return line;
  }
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf("\n", start);
    visit(text.slice(start, end), line++, true);
    start = end + 1;
  }
  return line;
}

function textOf(bytes: Buffer, line: number): string | null {
  // Most logs are ASCII, which is a copy away from a string; decoding would be a fifth of the time of reading.
  if (isAscii(bytes)) return bytes.toString("latin1");
  if (!isUtf8(bytes)) return null;
  const text = bytes.toString("utf8");
  return line === 1 && text.startsWith("\uFEFF") ? text.slice(1) : text;
}

function refuseUtf16(bytes: Buffer, path: string): void {
  const mark = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
  if (mark === 0xfffe || mark === 0xfeff) {
    throw new LogError(`${path} is UTF-16 (its first bytes say so); save it as UTF-8.`, { path });
  }
}

function open(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): LogError {
  const folder = `it is a directory; to read the logs in it, give "${path.replace(/\/$/, "")}/*.jsonl"`;
  const reason = whyUnreadable(cause, folder);
  return new LogError(`Can't read ${path}: ${reason}.`, { path, cause });
}
