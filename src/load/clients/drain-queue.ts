/** Something with bytes that are stamped but not yet read. */
export interface Drainable {
  /** Reads them. Must not throw. */
  drain(): void;
}

/**
 * How long answers may be read before the sockets are polled, and stamped, again. With less, polling would take most of the
 * time: a turn of the event loop costs as much as an answer.
 */
const TURN_MS = 0.1;

/** Reads what has arrived once every socket that is ready now has been stamped, a tenth of a millisecond at a time. */
export class DrainQueue {
  #waiting: Drainable[] = [];
  #next = 0;
  #scheduled = false;
  readonly #turn = (): void => {
    this.#scheduled = false;
    const until = performance.now() + TURN_MS;
    while (this.#next < this.#waiting.length) {
      const member = this.#waiting[this.#next++]!;
      member.drain();
      if (performance.now() > until) break;
    }
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    } else {
      this.#schedule();
    }
  };

  /** The member must not be waiting already. */
  add(member: Drainable): void {
    this.#waiting.push(member);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#turn);
  }
}
