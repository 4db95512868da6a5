import { LogError } from "../domain/errors/errors.js";
import type { ReadOptions } from "./files/jsonl.js";
import type { LogProblem } from "./files/problem.js";
import type { ForeignResult } from "./foreign/foreign-result.js";
import { readForeign } from "./foreign/read-foreign.js";

/** {@link readForeign}, which reads no file twice. */
export type ForeignReader = (path: string, options?: ReadOptions) => ForeignResult | null;

/** Lets one reading use what an earlier step of it has read of other tools' files. */
export interface WithForeign {
  readonly foreign?: ForeignReader;
}

interface Read {
  readonly result: ForeignResult | null;
  readonly problems: readonly LogProblem[];
}

/** Requests that are held at most until they are asked for again; files beyond are read anew. */
const MOST_HELD = 500_000;

/**
 * A reader that holds what it has read, because a report asks of each file first what it is, then for its totals, and then for its
 * requests. Problems are told to whoever asks with `onProblem`, once.
 */
export function foreignReader(): ForeignReader {
  const held = new Map<string, Read>();
  const told = new Set<string>();
  let count = 0;
  return (path, { onBadLine = "throw", onProblem } = {}) => {
    const read = held.get(path) ?? readAll(path, onBadLine);
    const lines = read.result?.lines.length ?? 0;
    if (!held.has(path) && count + lines <= MOST_HELD) {
      held.set(path, read);
      count += lines;
    }
    refuseBadLines(read.problems, onBadLine);
    if (onProblem !== undefined && !told.has(path)) {
      told.add(path);
      for (const problem of read.problems) onProblem(problem);
    }
    return read.result;
  };
}

/** Reads a file and leaves out its bad lines, so that what it gives serves whoever refuses these and whoever does not. */
function readAll(path: string, onBadLine: ReadOptions["onBadLine"]): Read {
  const problems: LogProblem[] = [];
  try {
    const result = readForeign(path, {
      onBadLine: "skip",
      onProblem: (problem) => void problems.push(problem),
    });
    return { result, problems };
  } catch (cause) {
    refuseBadLines(problems, onBadLine);
    throw cause;
  }
}

function refuseBadLines(problems: readonly LogProblem[], onBadLine: ReadOptions["onBadLine"]): void {
  const bad = problems.find(({ kind }) => kind === "bad line");
  if (bad === undefined || onBadLine === "skip") return;
  throw new LogError(bad.message, { path: bad.path, ...(bad.line !== null && { line: bad.line }) });
}
