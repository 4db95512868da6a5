const AT_SIGN = 64;
const ZERO = 48;
const NINE = 57;
/** Nanoseconds since a machine was started; anything less is an unrelated number. */
const FEWEST_DIGITS = 9;
const MOST_DIGITS = 18;
/** Shorter gaps are within the noise of two processes. */
const SHORTEST_JUDGED_NS = 1e6;
const COALESCED_SHARE = 0.1;

/** When a stream's content chunks were sent compared with when they arrived; `null` for what can't be known. */
export interface SendTimes {
  readonly firstLagNs: number | null;
  readonly lastLagNs: number | null;
  readonly sentSpanNs: number | null;
  readonly receivedSpanNs: number | null;
  readonly coalesced: number | null;
  readonly coalescedAtStart: number | null;
}

/** With numbers in its fields once too: code that has seen only nulls there is compiled again at the first whole number. */
const [UNKNOWN] = [null, 0].map(
  (time): SendTimes => ({
    firstLagNs: time,
    lastLagNs: time,
    sentSpanNs: time,
    receivedSpanNs: time,
    coalesced: time,
    coalescedAtStart: time,
  }),
) as [SendTimes, SendTimes];

/**
 * Compares the times at which `firsttoken mock --stamps` sent its chunks, which are in their content as `@` and nanoseconds
 * of the monotonic clock, with the times at which they arrived.
 *
 * A chunk was coalesced if it arrived after less than a tenth of the gap it was sent with; gaps below a millisecond are not
 * judged. Chunks coalesced at the start are those before the first that was not: they had been sent before the stream began
 * to arrive. Several stamps in one content are joined chunks. If one content has no stamp, nothing is known about the stream;
 * if the clock is another machine's, no lag is known.
 */
export class SendStamps {
  readonly #origin: bigint;
  readonly #originNs: number;
  #stamped = 0;
  #unstamped = false;
  /** NaN is no whole number: fields that begin as one are compiled for 32 bits, and again when nanoseconds outgrow those. */
  #firstSent = Number.NaN;
  #lastSent = Number.NaN;
  #firstCame = Number.NaN;
  #lastCame = Number.NaN;
  #coalesced = 0;
  #coalescedAtStart = 0;
  #isStart = true;

  constructor(origin: bigint) {
    this.#origin = origin;
    this.#originNs = Number(origin);
  }

  /** A new stream follows. */
  restart(): void {
    // The times are those of its first stamp, and after it of its last.
    this.#stamped = 0;
    this.#unstamped = false;
    this.#coalesced = 0;
    this.#coalescedAtStart = 0;
    this.#isStart = true;
  }

  /** Takes one content, `start` to `end`, of the read stamped `at`. */
  take(at: bigint, bytes: Buffer, start: number, end: number): void {
    if (this.#unstamped) return;
    const before = this.#stamped;
    for (let i = start; i < end && bytes[i] === AT_SIGN; ) {
      const from = ++i;
      let sent = 0;
      for (; i < end && bytes[i]! >= ZERO && bytes[i]! <= NINE; i++) sent = sent * 10 + bytes[i]! - ZERO;
      if (i - from < FEWEST_DIGITS || i - from > MOST_DIGITS) break;
      this.#add(sent - this.#originNs, Number(at - this.#origin));
      while (i < end && bytes[i] !== AT_SIGN) i++;
    }
    this.#unstamped = this.#stamped === before;
  }

  /** What the stamps say about a request that was sent at `sentNs` after the origin. */
  times(sentNs: number): SendTimes {
    // Stamps that run backwards are unrelated numbers.
    if (this.#unstamped || this.#stamped === 0 || this.#lastSent < this.#firstSent) return UNKNOWN;
    const oneClock =
      this.#firstSent >= sentNs && this.#firstSent <= this.#firstCame && this.#lastSent <= this.#lastCame;
    return {
      firstLagNs: oneClock ? this.#firstCame - this.#firstSent : null,
      lastLagNs: oneClock ? this.#lastCame - this.#lastSent : null,
      sentSpanNs: this.#lastSent - this.#firstSent,
      receivedSpanNs: this.#lastCame - this.#firstCame,
      coalesced: this.#coalesced,
      coalescedAtStart: this.#coalescedAtStart,
    };
  }

  #add(sent: number, came: number): void {
    if (this.#stamped === 0) {
      this.#firstSent = sent;
      this.#firstCame = came;
    } else {
      const gap = sent - this.#lastSent;
      if (gap >= SHORTEST_JUDGED_NS) this.#judge(came - this.#lastCame <= COALESCED_SHARE * gap);
    }
    this.#stamped += 1;
    this.#lastSent = sent;
    this.#lastCame = came;
  }

  #judge(isCoalesced: boolean): void {
    this.#isStart &&= isCoalesced;
    if (isCoalesced) this.#coalesced += 1;
    if (this.#isStart) this.#coalescedAtStart += 1;
  }
}
