/**
 * Nanoseconds on the monotonic clock (CLOCK_MONOTONIC on Linux, comparable between processes of one machine).
 */
export const now = (): bigint => process.hrtime.bigint();

/** Seconds from one stamp to a later one, or `null` if either was never taken. */
export function secondsBetween(from: bigint | null, to: bigint | null): number | null {
  return from === null || to === null ? null : Number(to - from) / 1e9;
}

/** The wall-clock time of a stamp taken a while ago, as an ISO 8601 string. */
export function wallTime(stamp: bigint): string {
  return new Date(Date.now() - Number(now() - stamp) / 1e6).toISOString();
}

/** Gets the bytes of one read, `start` to `end` of a borrowed buffer. */
export type Visit = (at: bigint, bytes: Buffer, start: number, end: number) => void;

const LF = 10;
const CR = 13;
const BRACKET = 93;

/** Looking at more in one turn would keep other sockets waiting. */
const SOME_READS = 16;
/** With more than this, reads come as quickly as they are looked at. */
const MUCH_BYTES = 256 * 1024;
/** Enough for the answers of most requests. */
const MOST_WAITING_BYTES = 32 * 1024;

const FIRST_CAPACITY = 8192;
const FIRST_READS = 16;
const EMPTY = Buffer.alloc(0);

/**
 * Bytes as they arrived, read by read, each read with its stamp.
 *
 * One growing buffer instead of a small one for every read: garbage collection makes stamps late, and its cost grows with the
 * number of live objects.
 */
export class Recording {
  #bytes: Buffer = EMPTY;
  #length = 0;
  /** In typed arrays: a number in an old list is an object, and one more to be copied when garbage is collected. */
  #stamps = new BigInt64Array(FIRST_READS);
  #ends = new Float64Array(FIRST_READS);
  #reads = 0;
  /** Reads that were shown. */
  #shown = 0;

  /** Bytes recorded. */
  get length(): number {
    return this.#length;
  }

  append(at: bigint, bytes: Buffer, start: number, end: number): void {
    const needed = this.#length + end - start;
    if (needed > this.#bytes.length) this.#grow(needed);
    copy(bytes, start, end, this.#bytes, this.#length);
    this.#length = needed;
    if (this.#reads === this.#ends.length) this.#growReads();
    this.#stamps[this.#reads] = at;
    this.#ends[this.#reads] = needed;
    this.#reads += 1;
  }

  /** Shows what has not been shown, read by read, all or some of it; returns whether nothing is left. */
  replay(visit: Visit, much: "some" | "all" = "all"): boolean {
    const isAll = much === "all" || this.#length > MUCH_BYTES;
    const last = isAll ? this.#reads : Math.min(this.#reads, this.#shown + SOME_READS);
    while (this.#shown < last) {
      const i = this.#shown++;
      visit(this.#stamps[i]!, this.#bytes, i === 0 ? 0 : this.#ends[i - 1]!, this.#ends[i]!);
    }
    return last === this.#reads;
  }

  /**
   * The last read ends within a stream, with an event's blank line and the CRLF of its chunk, as no response ends. It may be
   * looked at later: more will come. That of `[DONE]` may not, because nothing of interest comes after it.
   */
  get canWait(): boolean {
    const bytes = this.#bytes;
    const last = this.#length - 1;
    if (last < 6 || last > MOST_WAITING_BYTES) return false;
    if (bytes[last] !== LF || bytes[last - 1] !== CR || bytes[last - 2] !== LF) return false;
    const before = bytes[last - 3] === CR ? last - 4 : last - 3;
    return bytes[before] === LF && bytes[bytes[before - 1] === CR ? before - 2 : before - 1] !== BRACKET;
  }

  /** Forgets what was recorded; the buffers are kept for reuse. */
  clear(): void {
    this.#length = 0;
    this.#reads = 0;
    this.#shown = 0;
  }

  /** All bytes as UTF-8 text, without a byte order mark at its beginning. */
  text(): string {
    return this.#bytes.toString("utf8", 0, this.#length).replace(/^\ufeff/, "");
  }

  #growReads(): void {
    const stamps = new BigInt64Array(2 * this.#reads);
    const ends = new Float64Array(2 * this.#reads);
    stamps.set(this.#stamps);
    ends.set(this.#ends);
    this.#stamps = stamps;
    this.#ends = ends;
  }

  #grow(needed: number): void {
    let capacity = Math.max(this.#bytes.length, FIRST_CAPACITY);
    while (capacity < needed) capacity *= 2;
    const larger = Buffer.allocUnsafeSlow(capacity);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** So few bytes are copied one by one as quickly, and without an object for it. */
const FEW_BYTES = 512;

function copy(from: Buffer, start: number, end: number, to: Buffer, at: number): void {
  if (end - start > FEW_BYTES) from.copy(to, at, start, end);
  else for (let i = start; i < end; i++) to[at + i - start] = from[i]!;
}
