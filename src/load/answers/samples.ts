import type { Failed } from "../../client/answer/verdict.js";
import { COLUMN, type Sample, WIDTH } from "./loaded-request.js";

/** The failure of the request in one row of a thread. */
export type FailedRow = Failed & { readonly row: number };

/** The samples of one thread, ready to be handed to another. */
export interface PackedSamples {
  readonly rows: Float64Array<ArrayBuffer>;
  readonly failures: readonly FailedRow[];
  readonly finishReasons: readonly string[];
}

const FIRST_ROWS = 256;
/** A server that makes up reasons would fill the memory with them; those beyond are not kept. */
const MOST_REASONS = 256;

/** Samples in one typed array: a million objects would keep the garbage collector busy, and the clock waiting. */
export class Samples {
  #rows = new Float64Array(FIRST_ROWS * WIDTH);
  #length = 0;
  readonly #failures: FailedRow[] = [];
  readonly #finishReasons = new Map<string, number>();

  /** Copies a row. */
  add(row: Float64Array, failure: Failed | null, finishReason: string | null): void {
    row[COLUMN.finishReason] = finishReason === null ? Number.NaN : this.#placeOf(finishReason);
    const at = this.#length * WIDTH;
    if (at === this.#rows.length) {
      const larger = new Float64Array(2 * at);
      larger.set(this.#rows);
      this.#rows = larger;
    }
    this.#rows.set(row, at);
    if (failure !== null) this.#failures.push({ ...failure, row: this.#length });
    this.#length += 1;
  }

  pack(): PackedSamples {
    return {
      rows: this.#rows.slice(0, this.#length * WIDTH),
      failures: this.#failures,
      finishReasons: [...this.#finishReasons.keys()],
    };
  }

  #placeOf(finishReason: string): number {
    const known = this.#finishReasons.get(finishReason);
    if (known !== undefined) return known;
    const place = this.#finishReasons.size;
    if (place === MOST_REASONS) return Number.NaN;
    this.#finishReasons.set(finishReason, place);
    return place;
  }
}

/** The requests of all threads in the order of their starts. */
export function mergeSamples(threads: readonly PackedSamples[]): Sample[] {
  return threads.flatMap(unpack).sort((a, b) => a.row[COLUMN.sent]! - b.row[COLUMN.sent]!);
}

function unpack({ rows, failures, finishReasons }: PackedSamples): Sample[] {
  const failed = new Map(failures.map(({ row, ...failure }) => [row, failure]));
  return Array.from({ length: rows.length / WIDTH }, (_, i) => ({
    row: rows.subarray(i * WIDTH, (i + 1) * WIDTH),
    failure: failed.get(i) ?? null,
    finishReason: finishReasons[rows[i * WIDTH + COLUMN.finishReason]!] ?? null,
  }));
}
