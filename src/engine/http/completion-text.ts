import type { Speller } from "../model/model-tokenizer.js";

/**
 * An answer's text as its tokens come. A possible beginning of a stop text is held back until it is known; a stop text ends
 * the answer and is not part of it.
 */
export class CompletionText {
  /** The stop text that has ended the answer. */
  stoppedBy: string | null = null;
  readonly #speller: Speller;
  readonly #stops: readonly string[];
  readonly #minTokens: number;
  #tokens = 0;
  #text = "";
  #told = 0;

  /** Stop texts are searched for after the first `minTokens` tokens. */
  constructor(speller: Speller, stops: readonly string[], minTokens = 0) {
    this.#speller = speller;
    this.#stops = stops;
    this.#minTokens = minTokens;
  }

  /** The whole text as far as it was given out. */
  get text(): string {
    return this.#text.slice(0, this.#told);
  }

  /** The text that is certain with this token. */
  add(id: number): string {
    this.#tokens += 1;
    return this.#append(this.#speller.add(id), false);
  }

  /** What is left at the end. */
  end(): string {
    return this.stoppedBy === null ? this.#append(this.#speller.end(), true) : "";
  }

  #append(more: string, last: boolean): string {
    this.#text += more;
    if (this.#tokens <= this.#minTokens) {
      this.#told = this.#text.length;
      return more;
    }
    const found = this.#stops
      .map((stop) => ({ stop, at: this.#text.indexOf(stop, this.#told) }))
      .filter(({ at }) => at >= 0)
      .sort((a, b) => a.at - b.at)[0];
    if (found !== undefined) this.stoppedBy = found.stop;
    const end = found?.at ?? this.#text.length - (last ? 0 : this.#heldBack());
    const told = this.#text.slice(this.#told, end);
    this.#told = end;
    return told;
  }

  /** The length of the longest end of the text that a stop text begins with. */
  #heldBack(): number {
    const untold = this.#text.length - this.#told;
    return this.#stops.reduce((most, stop) => {
      for (let length = Math.min(stop.length - 1, untold); length > most; length--) {
        if (this.#text.endsWith(stop.slice(0, length))) return length;
      }
      return most;
    }, 0);
  }
}
