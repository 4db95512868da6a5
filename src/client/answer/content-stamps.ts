import { quantileOfSorted } from "../../stats/quantile.js";

/** The times between the contents of one answer, in seconds. */
export interface ContentGaps {
  readonly itl_seconds: number | null;
  readonly itl_p99_seconds: number | null;
  /** From the first content to the last; null for fewer than two. */
  readonly spanSeconds: number | null;
}

const NO_GAPS: ContentGaps = { itl_seconds: null, itl_p99_seconds: null, spanSeconds: null };

const FIRST_CAPACITY = 64;
const TWO_TO_32 = 2 ** 32;
/** Index of the low half of a 64-bit integer. */
const LOW = new Uint32Array(new BigInt64Array([1n]).buffer)[0] === 1 ? 0 : 1;

/** Gaps while they are looked at: those of one answer at a time. */
let scratch = new Float64Array(FIRST_CAPACITY);

/**
 * The stamps of one answer's events with content, in typed arrays that are reused for the next answer. Nothing is allocated
 * for an event, because garbage collection makes other stamps late.
 */
export class ContentStamps {
  #stamps = new BigInt64Array(FIRST_CAPACITY);
  #halves = new Uint32Array(this.#stamps.buffer);
  #count = 0;

  clear(): void {
    this.#count = 0;
  }

  add(at: bigint): void {
    if (this.#count === this.#stamps.length) this.#grow();
    this.#stamps[this.#count++] = at;
  }

  /**
   * The mean of the gaps between successive events, and their 99th percentile (type 7).
   *
   * @example const stamps = new ContentStamps(); for (const at of [0n, 10_000_000n, 40_000_000n]) stamps.add(at);
   * stamps.gaps() // { itl_seconds: 0.02, itl_p99_seconds: 0.0298, spanSeconds: 0.04 }
   */
  gaps(): ContentGaps {
    const count = this.#count - 1;
    if (count < 1) return NO_GAPS;
    if (count > scratch.length) scratch = new Float64Array(2 * count);
    for (let i = 0; i < count; i++) scratch[i] = this.#nanoseconds(i, i + 1);
    const span = this.#nanoseconds(0, count);
    const gaps = scratch.subarray(0, count);
    sortLargest(gaps, count - Math.floor((count - 1) * 0.99));
    return {
      itl_seconds: span / count / 1e9,
      itl_p99_seconds: quantileOfSorted(gaps, 0.99) / 1e9,
      spanSeconds: span / 1e9,
    };
  }

  /** Each of these gaps in their order, in seconds. */
  gapSeconds(): Float64Array {
    return Float64Array.from(
      { length: Math.max(0, this.#count - 1) },
      (_, i) => this.#nanoseconds(i, i + 1) / 1e9,
    );
  }

  #nanoseconds(from: number, to: number): number {
    return this.#sinceFirst(to) - this.#sinceFirst(from);
  }

  /**
   * From four seconds before the first event at most. In halves, because a difference of bigints would be allocated; and
   * never a difference of low halves, which would be compiled for the small ones that come first.
   */
  #sinceFirst(event: number): number {
    const halves = this.#halves;
    const high = halves[2 * event + 1 - LOW]! - halves[1 - LOW]!;
    return high * TWO_TO_32 + halves[2 * event + LOW]!;
  }

  #grow(): void {
    const stamps = new BigInt64Array(2 * this.#stamps.length);
    stamps.set(this.#stamps);
    this.#stamps = stamps;
    this.#halves = new Uint32Array(stamps.buffer);
  }
}

/** Moves the largest `many` values to the end, ascending; sorting all values of a long answer would delay other streams. */
function sortLargest(values: Float64Array, many: number): void {
  const first = values.length - many;
  values.subarray(first).sort();
  for (let i = 0; i < first; i++) {
    const value = values[i]!;
    if (value <= values[first]!) continue;
    values[i] = values[first]!;
    let place = first;
    for (; place + 1 < values.length && values[place + 1]! < value; place++)
      values[place] = values[place + 1]!;
    values[place] = value;
  }
}

/**
 * Time per output token: the time from first to last content divided by the content's tokens minus one; null for fewer than
 * two, or if their number is not known.
 *
 * @example tpotSeconds(0.3, 4) // 0.1
 */
export const tpotSeconds = (spanSeconds: number | null, contentTokens: number | null): number | null =>
  spanSeconds === null || contentTokens === null || contentTokens < 2
    ? null
    : spanSeconds / (contentTokens - 1);
