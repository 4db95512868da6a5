import { OptionError } from "../../domain/errors/errors.js";

/** Bits of a value that are kept: two neighbouring buckets differ by one part in 256. */
const BITS = 8;
const PER_DOUBLING = 2 ** BITS;
/** A value is represented by the middle of its bucket, which is off by this share of the value at most: 0.2 %. */
export const RELATIVE_ERROR = 1 / (2 * PER_DOUBLING);
/** Up to 2^53 − 1: in nanoseconds, 104 days. */
const DOUBLINGS = 53 - BITS;
const BUCKETS = (DOUBLINGS + 1) * PER_DOUBLING;

/** A histogram as data: the numbers of the non-empty buckets, ascending, and how many values each contains. */
export interface HistogramData {
  readonly buckets: readonly number[];
  readonly counts: readonly number[];
}

/**
 * Counts whole numbers from 0 to 2^53 − 1 in buckets whose width grows with the value, so that any number of values takes the
 * same memory and every quantile is correct to one part in 512 (`RELATIVE_ERROR`); values below 512 are exact.
 *
 * The idea is HdrHistogram's (Gil Tene, http://hdrhistogram.org): a bucket for each power of two and the bits after it.
 * Merging adds counts, so the histogram of two threads is exactly the one that a single thread would have counted.
 *
 * @example
 * const latency = new Histogram();
 * for (const nanoseconds of [1e6, 2e6, 3e6]) latency.record(nanoseconds);
 * latency.quantile(0.5) // 2_000_895.5, within 0.2 % of 2e6
 */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;

  /** How many values were recorded. */
  get count(): number {
    return this.#count;
  }

  /** @throws OptionError for anything but a number from 0 to 2^53 − 1; fractions are dropped. */
  record(value: number): void {
    if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) {
      throw new OptionError("value", "must be a number from 0 to 2^53 − 1", value);
    }
    this.#counts[bucketOf(Math.floor(value))]! += 1;
    this.#count += 1;
  }

  /** Adds what another has counted. */
  merge(other: Histogram): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) this.#counts[bucket]! += other.#counts[bucket]!;
    this.#count += other.#count;
  }

  /**
   * The quantile of type 7 of the values' buckets, within `RELATIVE_ERROR` of that of the values; `null` without values.
   *
   * @throws OptionError for `p` outside [0, 1].
   */
  quantile(p: number): number | null {
    if (!(p >= 0 && p <= 1)) throw new OptionError("p", "must be from 0 to 1", p);
    if (this.#count === 0) return null;
    const place = (this.#count - 1) * p;
    const below = Math.floor(place);
    const low = this.#valueAt(below);
    return low + (this.#valueAt(Math.min(below + 1, this.#count - 1)) - low) * (place - below);
  }

  toJSON(): HistogramData {
    const buckets = Array.from(this.#counts.keys()).filter((bucket) => this.#counts[bucket] !== 0);
    return { buckets, counts: buckets.map((bucket) => this.#counts[bucket]!) };
  }

  /** @throws OptionError for data that are not from `toJSON`. */
  static from({ buckets, counts }: HistogramData): Histogram {
    const histogram = new Histogram();
    for (const [i, bucket] of buckets.entries()) {
      const count = counts[i];
      if (!(Number.isInteger(bucket) && bucket >= 0 && bucket < BUCKETS)) {
        throw new OptionError(`buckets[${i}]`, `must be a whole number from 0 to ${BUCKETS - 1}`, bucket);
      }
      if (!(count !== undefined && Number.isSafeInteger(count) && count > 0)) {
        throw new OptionError(`counts[${i}]`, "must be a whole number above 0", count);
      }
      histogram.#counts[bucket]! += count;
      histogram.#count += count;
    }
    return histogram;
  }

  /** The value at a position in ascending order, from 0. */
  #valueAt(place: number): number {
    let passed = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      passed += this.#counts[bucket]!;
      if (passed > place) return middleOf(bucket);
    }
    return 0;
  }
}

/** Values below 2 · PER_DOUBLING have buckets of their own; above, each doubling has PER_DOUBLING buckets. */
function bucketOf(value: number): number {
  if (value < 2 * PER_DOUBLING) return value;
  const shift = exponentOf(value) - BITS;
  return shift * PER_DOUBLING + Math.floor(value / 2 ** shift);
}

function middleOf(bucket: number): number {
  if (bucket < 2 * PER_DOUBLING) return bucket;
  const shift = Math.floor(bucket / PER_DOUBLING) - 1;
  const width = 2 ** shift;
  return (bucket - shift * PER_DOUBLING) * width + (width - 1) / 2;
}

/** The exponent of the highest bit of a value from 1 to 2^53 − 1. */
function exponentOf(value: number): number {
  const high = Math.floor(value / 2 ** 32);
  return high === 0 ? 31 - Math.clz32(value) : 63 - Math.clz32(high);
}
