/** Something that may take too long. */
export interface Timed {
  /** Called when its time is over, unless it was removed. */
  expire(): void;
}

/** The maximum of `setTimeout`. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Gives each member the same time, with one timer for them all: a timer for every request would cost more than the
 * request.
 */
export class Deadlines {
  readonly #milliseconds: number;
  /** In the order in which they were added, so that the first is the next to expire. */
  readonly #due = new Map<Timed, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(seconds: number) {
    this.#milliseconds = seconds * 1000;
  }

  /** A member that is added again gets its full time anew. */
  add(member: Timed): void {
    this.#due.delete(member);
    this.#due.set(member, performance.now() + this.#milliseconds);
    if (this.#timer === null) this.#watch(this.#milliseconds);
  }

  remove(member: Timed): void {
    this.#due.delete(member);
  }

  /** Forgets all members. */
  clear(): void {
    this.#due.clear();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #watch(milliseconds: number): void {
    // An expiring member may add another one: there is still only one timer.
    if (this.#timer !== null) clearTimeout(this.#timer);
    // Members expire after the sockets were polled, so bytes that waited while the process was busy still count.
    const look = (): void => void setImmediate(() => this.#expire());
    this.#timer = setTimeout(look, Math.min(milliseconds + 1, LONGEST_TIMER_MS));
  }

  #expire(): void {
    if (this.#timer === null) return;
    this.#timer = null;
    const now = performance.now();
    for (const [member, due] of this.#due) {
      if (due > now) {
        this.#watch(due - now);
        return;
      }
      this.#due.delete(member);
      member.expire();
    }
  }
}
