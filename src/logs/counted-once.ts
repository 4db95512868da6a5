import type { TtftRecord } from "../domain/records/record-kinds.js";
import { type LogProblem, rowsTwice } from "./files/problem.js";
import type { LabelledFile } from "./files/sources.js";
import { Fingerprints, isOneRequest } from "./fingerprints.js";

/** Looks at the rows of files for those that stand in one twice, without holding the rows. */
export class CountedOnce {
  readonly #repeated = new Map<LabelledFile, ReadonlySet<number>>();
  readonly #dropped = new Map<LabelledFile, number>();

  /** Whether a row may stand in its file twice, so that all have to be looked at again. */
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

  /** Tells, on the second reading, whether a row of a file stood there before. */
  secondReading(file: LabelledFile): (row: TtftRecord) => boolean {
    const repeated = this.#repeated.get(file);
    const texts = new Set<string>();
    return (row) => {
      if (repeated === undefined) return false;
      // A failed row has no time of its own; in a file with rows that stand twice it is looked at too.
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
const fingerprintOf = ({ ttft_seconds, total_seconds }: TtftRecord): number =>
  ttft_seconds! + 7.3 * (total_seconds ?? 0);
