import type { TtftRecord } from "../domain/records/record-kinds.js";
import { firstRecord } from "./files/first-record.js";
import { type LogProblem, rowsTwice } from "./files/problem.js";
import type { LabelledFile } from "./files/sources.js";
import { Fingerprints, isOneRequest } from "./fingerprints.js";
import { ttftParser } from "./records/record-lines.js";

/** Finds rows that occur twice in a file, without keeping the rows. */
export class CountedOnce {
  readonly #repeated = new Map<LabelledFile, ReadonlySet<number>>();
  readonly #dropped = new Map<LabelledFile, number>();

  /** Whether a row may occur twice in its file, so that all have to be read again. */
  get hasFound(): boolean {
    return this.#repeated.size > 0;
  }

  /** Takes the rows of one file on the first reading; `done` when there is none left. */
  firstReading(file: LabelledFile): { add(row: TtftRecord): void; done(): void } {
    const fingerprints = new Fingerprints();
    return {
      add: (row) => {
        if (row.ttft_seconds !== null) fingerprints.add(fingerprintOf(row));
      },
      done: () => {
        const repeated = fingerprints.repeated();
        if (repeated.size > 0) this.#repeated.set(file, repeated);
      },
    };
  }

  /** Says, in the second reading, whether a row occurred before in its file. */
  secondReading(file: LabelledFile): (row: TtftRecord) => boolean {
    const repeated = this.#repeated.get(file);
    const texts = new Set<string>();
    return (row) => {
      if (repeated === undefined) return false;
      // A failed row has no time of its own; in a file with repeated rows it is checked too.
      if (row.ttft_seconds !== null && !repeated.has(fingerprintOf(row))) return false;
      if (!isOneRequest(row.started_at, row.ttft_seconds)) return false;
      const count = texts.size;
      if (texts.add(JSON.stringify(row)).size > count) return false;
      this.#dropped.set(file, (this.#dropped.get(file) ?? 0) + 1);
      return true;
    };
  }

  /** What was found, when both readings are over. */
  problems(): LogProblem[] {
    return [...this.#dropped].map(([{ path }, count]) => rowsTwice(path, count));
  }
}

/** Of two times, so that two requests hardly share it; what shares it by chance costs a look at its text. */
const fingerprintOf = ({ ttft_seconds, e2e_seconds }: TtftRecord): number =>
  ttft_seconds! + 7.3 * (e2e_seconds ?? 0);

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
      message: `${file.path}: at least one of its rows is in ${found.file.path} too; rows that are in both were counted twice.`,
    });
  };
}
