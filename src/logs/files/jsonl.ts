import { isAscii, isUtf8 } from "node:buffer";
import { LogError } from "../../domain/errors/errors.js";
import { parseJson } from "../../domain/json.js";
import { type LogBytes, openBytes } from "./log-bytes.js";
import type { LogProblem } from "./problem.js";

/** Options for reading a log. */
export interface ReadOptions {
  /** `throw` (the default) stops at the first bad line; `skip` reports each one and continues. */
  readonly onBadLine?: "throw" | "skip";
  /** Called with every problem that did not stop the reading; by default a summary goes to standard error. */
  readonly onProblem?: (problem: LogProblem) => void;
  /** Whether a run measured in parts may lack some of them, which every table then says; default false: it is refused. */
  readonly allowPartial?: boolean;
}

/** What was found in a log's file. */
export interface JsonlContent {
  /** Bytes up to and including the last newline. */
  readonly wholeBytes: number;
  /** What follows the last newline: `none`, a `record` that only lacks its newline, or a line `cut` by a crash. */
  readonly tail: "none" | "record" | "cut";
  /** False where the file's own bytes are others, as of a gzip file: no line can be added to it. */
  readonly isPlain: boolean;
}

/**
 * Reads a JSONL file, one record a line, handing each to `take`.
 *
 * Blank lines, CRLF, CR and byte-order marks are tolerated, and a gzip file is read as what is packed in it. `NaN` and
 * its kin are null. A last line that has no newline and is not JSON was cut by a crash: it is reported and the rest kept.
 *
 * @param parse makes a record of a line's value, or throws saying what is wrong with it.
 * @throws LogError with path and line for a bad line, unless `onBadLine` is `skip`.
 */
export function readJsonl<R>(
  path: string,
  parse: (value: unknown) => R,
  take: (record: R) => void,
  options: ReadOptions = {},
): JsonlContent {
  const bytes = openBytes(path);
  try {
    return { ...readJsonlBytes(path, bytes, parse, take, options), isPlain: bytes.isPlain };
  } finally {
    bytes.close();
  }
}

/** Takes lines that look like earlier ones without their being parsed. */
export interface KnownLines {
  /** Takes the line that begins at `at`, in valid UTF-8, and gives where the next begins; 0 where it is to be parsed. */
  take(bytes: Buffer, at: number): number;
  /** Is shown a line that was parsed and taken. */
  learn(line: Buffer): void;
}

/** Reads JSONL as {@link readJsonl}, from bytes; `path` is what messages call them. */
export function readJsonlBytes<R>(
  path: string,
  bytes: LogBytes,
  parse: (value: unknown) => R,
  take: (record: R) => void,
  { onBadLine = "throw", onProblem = () => {} }: ReadOptions = {},
  known?: KnownLines,
): Omit<JsonlContent, "isPlain"> {
  let tail: JsonlContent["tail"] = "none";

  const reject = (line: number, reason: string, cause?: unknown): void => {
    const message = `${path}, line ${line}: ${reason}.`;
    if (onBadLine === "throw") throw new LogError(message, { path, line, cause });
    onProblem({ path, line, kind: "bad line", message });
  };

  const visit: LineVisitor = (text, line, ended, raw) => {
    let value: unknown;
    try {
      value = parseJson(text ?? "");
    } catch (cause) {
      if (text !== null && text.trim() === "") return;
      if (!ended && isCut(text ?? raw.toString("latin1"))) {
        tail = "cut";
        const message = `${path}, line ${line}: the last line was cut by a crash; the lines before it were kept.`;
        onProblem({ path, line, kind: "cut line", message });
      } else {
        reject(line, text === null ? "its bytes are not UTF-8" : notJson(text, line, cause as Error), cause);
      }
      return;
    }
    let record: R;
    try {
      record = parse(value);
    } catch (cause) {
      reject(line, (cause as Error).message.replace(/\.$/, ""), cause);
      return;
    }
    if (!ended) tail = "record";
    take(record);
    if (ended) known?.learn(raw);
  };
  return { wholeBytes: visitLines(bytes, visit, known), tail };
}

/** Whether a line looks like the beginning of a record, or like the zeros a power cut leaves. */
function isCut(text: string): boolean {
  return text.startsWith("{") || /^\0+$/.test(text);
}

/** Names between commas, as a table's first line has them. */
const CSV_HEADER = /^"?[A-Za-z_][\w ]*"?(,"?[A-Za-z_][\w ]*"?)+\s*$/;

function notJson(text: string, line: number, { message }: Error): string {
  const first = line === 1 ? text : "";
  const advice = /^\s*(\[|\{)\s*$/.test(first)
    ? "; a log has each record on a line of its own"
    : CSV_HEADER.test(first)
      ? "; it looks like CSV, which is read only from some other tools; read the JSONL instead, or Parquet made from it"
      : "";
  return `it is not JSON (${message})${advice}`;
}

/** Called with every line, counted from 1, without its end, and its bytes; `text` is null if they are not UTF-8. */
export type LineVisitor = (text: string | null, line: number, ended: boolean, bytes: Buffer) => void;

/** Bytes read at once: enough to make the calls few, little enough for the text to be made in the young heap. */
const BLOCK_BYTES = 1 << 15;
const LF = 0x0a;
const CR = 0x0d;

/**
 * Visits the lines of a UTF-8 text and returns where the last whole line ends, in bytes.
 *
 * A line ends in LF, CRLF or CR. Only the last one can come with `ended` false: the text stops before its end. Byte-order
 * marks at the beginnings of lines, which files that were joined have there, are taken off. Lines that `known` takes are not
 * visited.
 */
export function visitLines(source: LogBytes, visit: LineVisitor, known?: KnownLines): number {
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
        visitWhole(bytes, line, visit, known);
        wholeBytes += held;
      }
      return wholeBytes;
    }
    const end = lastEnd(bytes);
    if (end > 0) line = visitWhole(bytes.subarray(0, end), line, visit, known);
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
function visitWhole(bytes: Buffer, firstLine: number, visit: LineVisitor, known?: KnownLines): number {
  const isText = isAscii(bytes) || isUtf8(bytes);
  const ends = { lf: bytes.indexOf(LF), cr: bytes.indexOf(CR) };
  let line = firstLine;
  for (let start = 0; start < bytes.length; line++) {
    const next = isText && known !== undefined ? known.take(bytes, start) : 0;
    if (next > 0) {
      start = next;
      continue;
    }
    if (ends.lf >= 0 && ends.lf < start) ends.lf = bytes.indexOf(LF, start);
    if (ends.cr >= 0 && ends.cr < start) ends.cr = bytes.indexOf(CR, start);
    const { lf, cr } = ends;
    const end = lf < 0 || (cr >= 0 && cr < lf) ? cr : lf;
    visitOne(bytes.subarray(start, end), line, true, visit);
    start = end === cr && lf === cr + 1 ? lf + 1 : end + 1;
  }
  return line;
}

function visitOne(bytes: Buffer, line: number, ended: boolean, visit: LineVisitor): void {
  const text = textOf(bytes);
  visit(text === null ? null : text.slice(afterMarks(text, 0)), line, ended, bytes);
}

function afterMarks(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) === 0xfeff) at++;
  return at;
}

function textOf(bytes: Buffer): string | null {
  // Most logs are ASCII, which needs only a copy; decoding would take a fifth of the reading time.
  if (isAscii(bytes)) return bytes.toString("latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : null;
}
