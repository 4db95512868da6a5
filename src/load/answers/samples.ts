import type { Failed } from "../../client/answer/verdict.js";
import { COLUMN, WIDTH } from "./sample-row.js";

/** A request as its thread saw it: its numbers in one row, and the rest. */
export interface Sample extends SampleWords {
  readonly row: Float64Array;
}

/** The parts of a request's result that are not numbers. */
export interface SampleWords {
  readonly failure: Failed | null;
  readonly remark: string | null;
  readonly finishReason: string | null;
  /** The field in which the server reported cached tokens. */
  readonly cachedTokensSource: string | null;
  /** The answer's text, if the plan keeps it. */
  readonly text: string | null;
  /** The times between successive contents, if the plan keeps them. */
  readonly gapSeconds: Float64Array | null;
}

/** The samples of one thread, ready to be handed to another. */
export interface PackedSamples {
  readonly rows: Float64Array<SharedArrayBuffer>;
  readonly failures: ReadonlyMap<number, Failed>;
  readonly remarks: ReadonlyMap<number, string>;
  readonly texts: ReadonlyMap<number, string>;
  readonly gaps: ReadonlyMap<number, Float64Array>;
  /** The few words that come again and again; rows contain their indices. */
  readonly words: readonly string[];
}

const ROWS_A_BLOCK = 1024;
/** A server that invents reasons would fill the memory with them; more than this are not kept. */
const MOST_WORDS = 256;

/** Samples in one typed array: a million objects would keep the garbage collector busy and delay the clock. */
export class Samples {
  /** Blocks of one size: to grow a single one, all of it would be copied while requests are under way. */
  readonly #blocks: Float64Array[] = [];
  #length = 0;
  readonly #failures = new Map<number, Failed>();
  readonly #remarks = new Map<number, string>();
  readonly #texts = new Map<number, string>();
  readonly #gaps = new Map<number, Float64Array>();
  readonly #words = new Map<string, number>();

  /** Copies a row. */
  add(row: Float64Array, words: SampleWords): void {
    const { failure, remark, finishReason, cachedTokensSource, text, gapSeconds } = words;
    row[COLUMN.finishReason] = this.#placeOf(finishReason);
    row[COLUMN.cachedTokensSource] = this.#placeOf(cachedTokensSource);
    const place = this.#length % ROWS_A_BLOCK;
    if (place === 0) this.#blocks.push(new Float64Array(ROWS_A_BLOCK * WIDTH));
    this.#blocks.at(-1)!.set(row, place * WIDTH);
    if (failure !== null) this.#failures.set(this.#length, failure);
    if (remark !== null) this.#remarks.set(this.#length, remark);
    if (text !== null) this.#texts.set(this.#length, text);
    if (gapSeconds !== null) this.#gaps.set(this.#length, gapSeconds);
    this.#length += 1;
  }

  pack(): PackedSamples {
    // In memory that threads share: a buffer that is transferred makes V8 throw away all code that was compiled for typed arrays.
    const rows = new Float64Array(new SharedArrayBuffer(8 * this.#length * WIDTH));
    for (const [i, block] of this.#blocks.entries()) {
      const from = i * block.length;
      rows.set(block.subarray(0, rows.length - from), from);
    }
    return {
      rows,
      ...{ failures: this.#failures, remarks: this.#remarks, texts: this.#texts, gaps: this.#gaps },
      words: [...this.#words.keys()],
    };
  }

  #placeOf(word: string | null): number {
    if (word === null) return Number.NaN;
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    const place = this.#words.size;
    if (place === MOST_WORDS) return Number.NaN;
    this.#words.set(word, place);
    return place;
  }
}

/** The requests of all threads in order of starting. */
export function mergeSamples(threads: readonly PackedSamples[]): Sample[] {
  return threads.flatMap(unpack).sort((a, b) => a.row[COLUMN.sent]! - b.row[COLUMN.sent]!);
}

function unpack({ rows, failures, remarks, texts, gaps, words }: PackedSamples): Sample[] {
  return Array.from({ length: rows.length / WIDTH }, (_, i) => {
    const row = rows.subarray(i * WIDTH, (i + 1) * WIDTH);
    return {
      row,
      failure: failures.get(i) ?? null,
      remark: remarks.get(i) ?? null,
      finishReason: words[row[COLUMN.finishReason]!] ?? null,
      cachedTokensSource: words[row[COLUMN.cachedTokensSource]!] ?? null,
      text: texts.get(i) ?? null,
      gapSeconds: gaps.get(i) ?? null,
    };
  });
}
