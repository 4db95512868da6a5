import { writeSync } from "node:fs";
import { plainText } from "../../domain/plain-text.js";

/** Writes a line to the standard error at once, past its stream, which may be broken or never be flushed. */
export function lastWords(text: string): void {
  try {
    writeSync(2, `\n${plainText(text)}\n`);
  } catch {
    // Nobody is left to be told.
  }
}
