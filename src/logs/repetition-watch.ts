import type { TtftRecord } from "../domain/records/record-kinds.js";
import { firstRecord } from "./files/first-record.js";
import type { LogProblem } from "./files/problem.js";
import type { LabelledFile } from "./files/sources.js";
import { ttftParser } from "./records/ttft-lines.js";

/** A file's first row, to be found again in others. */
export interface FirstRow {
  readonly file: LabelledFile;
  readonly row: TtftRecord;
}

/** The files' first rows by their TTFT, where that has so many digits that no other request shares it. */
export async function firstRows(files: readonly LabelledFile[]): Promise<ReadonlyMap<number, FirstRow>> {
  const rows = new Map<number, FirstRow>();
  for (const file of files) {
    const value = (await firstRecord(file.path))?.value as { readonly ttft_seconds?: unknown } | undefined;
    if (typeof value?.ttft_seconds !== "number" || String(value.ttft_seconds).length <= 8) continue;
    try {
      rows.set(value.ttft_seconds, { file, row: ttftParser({})(value) });
    } catch {
      // The reading itself says what is wrong with it.
    }
  }
  return rows;
}

/** Looks for the first rows of other files. */
export function repetitionWatch(
  file: LabelledFile,
  firsts: ReadonlyMap<number, FirstRow>,
  report: (problem: LogProblem) => void,
): (row: TtftRecord) => void {
  return (row) => {
    const found = row.ttft_seconds === null ? undefined : firsts.get(row.ttft_seconds);
    if (found === undefined || found.file.label !== file.label || found.file === file) return;
    if (JSON.stringify({ ...row, label: null }) !== JSON.stringify({ ...found.row, label: null })) return;
    report({
      path: file.path,
      line: null,
      kind: "repeated rows",
      message: `${file.path}: a row of it stands in ${found.file.path} too; rows that stand there twice were counted twice.`,
    });
  };
}
