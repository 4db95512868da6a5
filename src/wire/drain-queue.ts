/** Something with bytes that are stamped but not yet read. */
export interface Drainable {
  /** Reads them. Must not throw. */
  drain(): void;
}

/** Of a list that is never empty, because members arrive as quickly as they are read, so many are forgotten at a time. */
const MOST_READ = 4096;

/**
 * Reads what has arrived once every socket that is ready now has been stamped: stamps first, work after.
 *
 * Members wait in one list that is filled again and again, because garbage collection makes stamps late.
 */
export class DrainQueue {
  readonly #turnMs: number;
  readonly #waiting: (Drainable | null)[] = [];
  #next = 0;
  #end = 0;
  #scheduled = false;
  readonly #turn = (): void => {
    const until = performance.now() + this.#turnMs;
    try {
      while (this.#next < this.#end) {
        const member = this.#waiting[this.#next]!;
        this.#waiting[this.#next++] = null;
        member.drain();
        if (performance.now() >= until) break;
      }
    } finally {
      this.#scheduled = false;
      if (this.#next < this.#end) this.#schedule();
      else this.#next = this.#end = 0;
    }
  };

  /** @param turnMs how long members are read before the sockets are polled, and stamped, again; with 0, one is. */
  constructor(turnMs: number) {
    this.#turnMs = turnMs;
  }

  /** The member must not be waiting already. */
  add(member: Drainable): void {
    if (this.#next > MOST_READ) this.#forgetRead();
    this.#waiting[this.#end++] = member;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#turn);
  }

  #forgetRead(): void {
    this.#waiting.copyWithin(0, this.#next, this.#end);
    this.#end -= this.#next;
    this.#next = 0;
  }
}
