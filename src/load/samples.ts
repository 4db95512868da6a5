import type { Failure } from "./verdict.js";

const COLUMNS = [
  "due",
  "picked",
  "sent",
  "firstByte",
  "firstContent",
  "lastByte",
  "ended",
  "connect",
  "chunks",
  "firstLag",
  "lastLag",
  "sentSpan",
  "receivedSpan",
  "held",
  "overheadSeconds",
  "status",
] as const;

/**
 * What one request left behind, in nanoseconds; moments count from the load's origin, and NaN is what was not seen.
 *
 * `due` is when the schedule meant it to start, `picked` when the client turned to it, `sent` when its first byte was
 * handed over (or an attempt to connect began that failed), `ended` when the client was through with it.
 */
export type Sample = { [column in (typeof COLUMNS)[number]]: number };

/** The failure of one request of a thread. */
export type FailedRow = Failure & { readonly row: number };

/** The samples of one thread, ready to be handed to another. */
export interface PackedSamples {
  readonly rows: Float64Array<ArrayBuffer>;
  readonly failures: readonly FailedRow[];
}

const WIDTH = COLUMNS.length;
const FIRST_ROWS = 256;

/** Samples as rows of one typed array: a million objects would keep the garbage collector busy, and the clock waiting. */
export class Samples {
  #rows = new Float64Array(FIRST_ROWS * WIDTH);
  #length = 0;
  readonly #failures: FailedRow[] = [];

  add(sample: Sample, failure: Failure | null): void {
    const at = this.#length * WIDTH;
    if (at === this.#rows.length) {
      const larger = new Float64Array(2 * at);
      larger.set(this.#rows);
      this.#rows = larger;
    }
    for (let i = 0; i < WIDTH; i++) this.#rows[at + i] = sample[COLUMNS[i]!];
    if (failure !== null) this.#failures.push({ ...failure, row: this.#length });
    this.#length += 1;
  }

  pack(): PackedSamples {
    return { rows: this.#rows.slice(0, this.#length * WIDTH), failures: this.#failures };
  }
}

/** A request as its thread saw it. */
export interface Taken {
  readonly sample: Sample;
  readonly failure: Failure | null;
}

/** The requests of all threads in the order of their starts. */
export function mergeSamples(threads: readonly PackedSamples[]): Taken[] {
  return threads.flatMap(unpack).sort((a, b) => a.sample.sent - b.sample.sent);
}

function unpack({ rows, failures }: PackedSamples): Taken[] {
  const failed = new Map(failures.map(({ row, ...failure }) => [row, failure]));
  return Array.from({ length: rows.length / WIDTH }, (_, row) => {
    const sample = { ...UNSEEN };
    for (let i = 0; i < WIDTH; i++) sample[COLUMNS[i]!] = rows[row * WIDTH + i]!;
    return { sample, failure: failed.get(row) ?? null };
  });
}

const UNSEEN = Object.fromEntries(COLUMNS.map((column) => [column, Number.NaN])) as Sample;
