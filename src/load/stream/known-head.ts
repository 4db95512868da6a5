import { afterBlankLine } from "../../client/answer/blank-line.js";
import { KnownBytes, MemoryView } from "../../client/answer/known-bytes.js";
import { type Framing, framingOf, type ResponseHead } from "../../wire/http-head.js";

/** A parsed head, and how its body is framed. */
export interface ReadHead {
  readonly head: ResponseHead;
  readonly framing: Framing;
}

/**
 * The head of the last response, whose bytes usually begin the next one too: a server's headers change with the second, not
 * with the request. Parsing a head costs more than all the rest of a small answer.
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

  /** Remembers the bytes that were parsed as this head, if all of them are here. */
  learn(bytes: Buffer, start: number, end: number, head: ResponseHead): void {
    const to = afterBlankLine(bytes, start, end);
    const framing = framingOf(head);
    if (to === -1 || framing === null) return;
    // An interim response comes before the one that counts, and is another.
    if (bytes.toString("latin1", start + STATUS, start + STATUS + 3) !== String(head.status)) return;
    this.#bytes = new KnownBytes(bytes.subarray(start, to));
    this.#read = { head, framing };
  }
}

const STATUS = "HTTP/1.1 ".length;
