import { LogError } from "../domain/errors/errors.js";
import { firstRecord } from "./files/first-record.js";
import type { LogProblem } from "./files/problem.js";
import { shardPlaceOf } from "./files/shard-log.js";
import type { LabelledFile } from "./files/sources.js";
import type { ForeignReader } from "./foreign-reader.js";
import { kindOfRecord, type RecordKind } from "./record-kind.js";

/**
 * The files that are named, and of those found in a folder the ones that hold what is looked for; the others are reported.
 *
 * @param kind what is looked for; `any` kind of record, or another tool's `totals`.
 * @throws LogError if folders hold nothing of it, or for a file that can't be read.
 */
export async function onlyLogs(
  files: readonly LabelledFile[],
  kind: RecordKind | "any" | "totals",
  report: (problem: LogProblem) => void,
  foreign: ForeignReader,
): Promise<LabelledFile[]> {
  const logs: LabelledFile[] = [];
  const leftOut: LogProblem[] = [];
  for (const file of files) {
    // A part of a run with nothing to measure leaves an empty log; what is missing of a run is looked for in its plan.
    const isPart = shardPlaceOf(file.path) !== null && (await firstRecord(file.path)) === null;
    const held = file.isFound && !isPart ? await whatIsIn(file.path, foreign) : null;
    if (held === null || held.kind === kind || (kind === "any" && held.kind !== null)) logs.push(file);
    else
      leftOut.push({
        path: file.path,
        line: null,
        kind: "left out",
        message: `${file.path} ${held.words}; it was left out.`,
      });
  }
  if (logs.length === 0 && leftOut.length > 0) {
    const what = kind === "any" ? "log" : kind === "totals" ? "totals of another tool" : `${kind} log`;
    const seen = leftOut.map(({ path, message }) =>
      message.slice(path.length + 1).replace(/; it was left out\.$/, ""),
    );
    const [first, ...others] = [...new Set(seen)];
    throw new LogError(
      `There is no ${what} in the folder: ${leftOut[0]!.path} ${first}${others.length > 0 ? ", and others do no better" : ""}.`,
      { path: leftOut[0]!.path },
    );
  }
  for (const problem of leftOut) report(problem);
  return logs;
}

/** What a file holds, and in words; of kind null if nothing that is known. */
async function whatIsIn(
  path: string,
  readForeign: ForeignReader,
): Promise<{ readonly kind: RecordKind | "totals" | null; readonly words: string }> {
  const foreign = readForeign(path, { onBadLine: "skip" });
  if (foreign !== null) {
    const kind = foreign.lines.length === 0 ? "totals" : foreign.kind;
    return {
      kind,
      words: `is a result of ${foreign.tool} with ${kind === "totals" ? "totals alone" : `${kind} records`}`,
    };
  }
  const record = await firstRecord(path);
  if (record === null) return { kind: null, words: "contains no record" };
  const kind = kindOfRecord(record.value);
  if (kind === null) return { kind, words: "is neither a log nor a result of a tool that is known" };
  return { kind, words: `holds ${kind} records` };
}
