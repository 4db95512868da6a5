import type { WholeAnswer } from "../../client/answer/ending.js";
import { KnownText, MemoryView, variableSpanAfter } from "../../client/answer/known-bytes.js";

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
  #answer: WholeAnswer | null = null;

  /** What the answer in these bytes says if it is like the one before; else `null`. */
  match(bytes: Buffer, start: number, end: number): WholeAnswer | null {
    return this.#text !== null && this.#text.match(this.#memory, bytes, start, end) === end
      ? this.#answer
      : null;
  }

  /** Remembers a body that was understood, and how. */
  learn(body: string, answer: WholeAnswer): void {
    if (body.length > LONGEST) return;
    this.#answer = answer;
    const text = Buffer.from(body, "utf8").toString("latin1");
    const id = variableSpanAfter(ID, text);
    this.#text = new KnownText(text, id === null ? [] : [id]);
  }
}
