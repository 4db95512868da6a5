import type { WholeAnswer } from "../../client/answer/ending.js";
import { KnownText, variableSpanAfter } from "../../client/answer/known-text.js";
import { MemoryView } from "../../wire/known-bytes.js";

/** The first key of the answer, and nowhere else. */
const ID = /^\{\s*"id"\s*:\s*"(?=[^"\\]+")/;
/** A longer text takes longer to send than to parse. */
const LONGEST = 16 * 1024;

/**
 * The last parsed whole answer. One that differs from it only in the id at its beginning is recognised without being parsed.
 */
export class KnownAnswer {
  readonly #memory = new MemoryView();
  #text: KnownText | null = null;
  #answer: WholeAnswer | null = null;

  /** What the answer in these bytes says if it is like the previous one; else `null`. */
  match(bytes: Buffer, start: number, end: number): WholeAnswer | null {
    return this.#text !== null && this.#text.match(this.#memory, bytes, start, end) === end
      ? this.#answer
      : null;
  }

  /** Remembers a parsed body and its meaning. */
  learn(body: string, answer: WholeAnswer): void {
    if (body.length > LONGEST) return;
    this.#answer = answer;
    const text = Buffer.from(body, "utf8").toString("latin1");
    const id = variableSpanAfter(ID, text);
    this.#text = new KnownText(text, id === null ? [] : [id]);
  }
}
