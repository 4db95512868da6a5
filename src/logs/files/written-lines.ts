import { createHash, type Hash } from "node:crypto";

/** The lines that one run wrote into a log, as its manifest has them once the run has ended. */
export interface WrittenLines {
  /** Where they begin. */
  readonly from_byte: number;
  /** Where they end: the place behind their last newline. */
  readonly to_byte: number;
  /** Of these bytes, in hexadecimal digits. */
  readonly sha256: string;
}

/** Adds up the lines that a run writes from a place in its log on. */
export class LineSum {
  readonly #from: number;
  readonly #hash: Hash;
  #to: number;

  constructor(from: number, to = from, hash = createHash("sha256")) {
    this.#from = from;
    this.#to = to;
    this.#hash = hash;
  }

  /** A sum that goes on from this one, which stays as it is. */
  copy(): LineSum {
    return new LineSum(this.#from, this.#to, this.#hash.copy());
  }

  /** Hands lines on and adds them. */
  *adding(lines: Iterable<Buffer>): Generator<Buffer> {
    for (const some of lines) {
      this.#hash.update(some);
      this.#to += some.length;
      yield some;
    }
  }

  get isEmpty(): boolean {
    return this.#to === this.#from;
  }

  /** Null where nothing was added. */
  get total(): WrittenLines | null {
    if (this.isEmpty) return null;
    return { from_byte: this.#from, to_byte: this.#to, sha256: this.#hash.copy().digest("hex") };
  }
}
