const FIRST_CAPACITY = 1024;

/**
 * A text that grows by a word at a time. Words of ASCII are kept as bytes until somebody asks for the text: a string for each
 * would be garbage.
 */
export class GrowingText {
  #text = "";
  #bytes = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  /** Bytes that are not in the text yet. */
  #length = 0;

  clear(): void {
    this.#text = "";
    this.#length = 0;
  }

  add(text: string): void {
    this.#text = this.toString() + text;
  }

  /** Adds the UTF-8 `start` to `end`. */
  addBytes(bytes: Buffer, start: number, end: number): void {
    if (this.#length + end - start > this.#bytes.length) this.#grow(end - start);
    let to = this.#length;
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      // Broken characters at the ends of two texts would become a whole one between them.
      if (byte >= 0x80) {
        this.add(bytes.toString("utf8", start, end));
        return;
      }
      this.#bytes[to++] = byte;
    }
    this.#length = to;
  }

  toString(): string {
    if (this.#length > 0) {
      this.#text += this.#bytes.toString("latin1", 0, this.#length);
      this.#length = 0;
    }
    return this.#text;
  }

  #grow(by: number): void {
    const larger = Buffer.allocUnsafeSlow(2 * (this.#length + by));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
