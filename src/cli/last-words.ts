import { writeSync } from "node:fs";
import { printable } from "./console.js";

/** Writes a line to the standard error at once, past its stream, which may be broken or never be flushed. */
export function lastWords(text: string): void {
  try {
    writeSync(2, `\n${printable(text)}\n`);
  } catch {
    // Nobody is left to be told.
  }
}
