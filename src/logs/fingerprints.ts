/** Numbers, one of each row of a log, of which those that occur more than once are wanted: 8 bytes for each. */
export class Fingerprints {
  #all = new Float64Array(1 << 10);
  #count = 0;

  add(fingerprint: number): void {
    if (this.#count === this.#all.length) {
      const larger = new Float64Array(2 * this.#count);
      larger.set(this.#all);
      this.#all = larger;
    }
    this.#all[this.#count++] = fingerprint;
  }

  /** Those that occur more than once. */
  repeated(): ReadonlySet<number> {
    const ascending = this.#all.subarray(0, this.#count).sort();
    const repeated = new Set<number>();
    for (let i = 1; i < ascending.length; i++) {
      if (ascending[i] === ascending[i - 1]) repeated.add(ascending[i]!);
    }
    return repeated;
  }
}

/**
 * Whether two equal rows of one file are one request: they say to the millisecond when it began, or have a time that no clock
 * has rounded to microseconds.
 *
 * @param fingerprint a measured time in seconds, null where there is none.
 */
export function isOneRequest(started_at: string | null | undefined, fingerprint: number | null): boolean {
  if (/\d\.\d{3}/.test(started_at ?? "")) return true;
  const microseconds = (fingerprint ?? 0) * 1e6;
  return Math.abs(microseconds - Math.round(microseconds)) > 1e-3;
}
