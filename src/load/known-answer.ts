import { MemoryView } from "./known-bytes.js";
import { holeAfter, KnownText } from "./known-text.js";

/** The first key of the answer, and nowhere else. */
const ID = /^\{\s*"id"\s*:\s*"(?=[^"\\]+")/;
/** A longer text takes longer to send than to parse. */
const LONGEST = 16 * 1024;

/**
 * The last whole answer that was understood. One that differs from it in nothing but the id it begins with is understood
 * as well, without being parsed.
 */
export class KnownAnswer {
  readonly #memory = new MemoryView();
  #text: KnownText | null = null;

  matches(bytes: Buffer, start: number, end: number): boolean {
    return this.#text !== null && this.#text.match(this.#memory, bytes, start, end) === end;
  }

  /** Remembers a body that was understood. */
  learn(body: string): void {
    if (body.length > LONGEST) return;
    const text = Buffer.from(body, "utf8").toString("latin1");
    const id = holeAfter(ID, text);
    this.#text = new KnownText(text, id === null ? [] : [id]);
  }
}
