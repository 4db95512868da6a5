/** Runs jobs one at a time, in the order they came. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();

  /** Settles as the job does, once it had its turn. */
  run<T>(job: () => Promise<T> | T): Promise<T> {
    const turn = this.#last.then(job);
    this.#last = turn.catch(() => {});
    return turn;
  }
}
