import type { Framing, ResponseHead } from "./http-head.js";
import { KnownBytes, MemoryView } from "./known-bytes.js";

/** A parsed head, and what follows from it. */
export interface ReadHead {
  readonly head: ResponseHead;
  /** How its body is framed. */
  readonly framing: Framing;
  /** Whether the connection may carry another request after it. */
  readonly keepsAlive: boolean;
}

/**
 * The head of the last response, whose bytes usually begin the next one too: a server's headers change with the second, not
 * with the request. Parsing a head costs more than all the rest of a small answer, and leaves as much garbage.
 */
export class KnownHead {
  readonly #memory = new MemoryView();
  #bytes: KnownBytes | null = null;
  #read: ReadHead | null = null;

  /** The number of bytes of the last matching head. */
  get length(): number {
    return this.#bytes?.length ?? 0;
  }

  /** The head, when `bytes` begin with it at `start`; otherwise `null`. */
  match(bytes: Buffer, start: number, end: number): ReadHead | null {
    const known = this.#bytes;
    if (known === null || start + known.length > end) return null;
    return known.standAt(this.#memory.of(bytes), bytes.byteOffset + start) ? this.#read : null;
  }

  /** Remembers the bytes that were parsed as this head, its blank line among them. */
  learn(bytes: Buffer, start: number, end: number, read: ReadHead): void {
    this.#bytes = new KnownBytes(bytes.subarray(start, end));
    this.#read = read;
  }
}
