import { LogError } from "../../domain/errors/errors.js";
import { parseJson } from "../../domain/json.js";
import { visitLines } from "./lines.js";
import { type LogBytes, openBytes } from "./log-bytes.js";
import type { LogProblem } from "./problem.js";

/** How a log is read. */
export interface ReadOptions {
  /** `throw` (the default) stops at the first bad line; `skip` reports each one and reads on. */
  readonly onBadLine?: "throw" | "skip";
  /** Told of every problem that did not stop the reading; by default they are summed up on stderr. */
  readonly onProblem?: (problem: LogProblem) => void;
}

/** What a log's file was found to hold. */
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

/** Reads JSONL as {@link readJsonl}, from bytes; `path` is what messages call them. */
export function readJsonlBytes<R>(
  path: string,
  bytes: LogBytes,
  parse: (value: unknown) => R,
  take: (record: R) => void,
  { onBadLine = "throw", onProblem = () => {} }: ReadOptions = {},
): Omit<JsonlContent, "isPlain"> {
  let tail: JsonlContent["tail"] = "none";

  const reject = (line: number, reason: string, cause?: unknown): void => {
    const message = `${path}, line ${line}: ${reason}.`;
    if (onBadLine === "throw") throw new LogError(message, { path, line, cause });
    onProblem({ path, line, kind: "bad line", message });
  };

  const wholeBytes = visitLines(bytes, (text, line, ended, raw) => {
    let value: unknown;
    try {
      value = parseJson(text ?? "");
    } catch (cause) {
      if (text !== null && text.trim() === "") return;
      if (!ended && isCut(text ?? raw!.toString("latin1"))) {
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
  });
  return { wholeBytes, tail };
}

/** Whether a line looks like the beginning of a record, or like the zeros a power cut leaves. */
function isCut(text: string): boolean {
  return text.startsWith("{") || /^\0+$/.test(text);
}

function notJson(text: string, line: number, { message }: Error): string {
  const isBegin = line === 1 && /^\s*(\[|\{)\s*$/.test(text);
  return `it is not JSON (${message})${isBegin ? "; a log has each record on a line of its own" : ""}`;
}
