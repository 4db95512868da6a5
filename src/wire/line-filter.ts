import type { Visit } from "./recording.js";
import { MOST, megabytes, TooLong } from "./too-long.js";

/** Reads a text line by line, and keeps of it what is wanted. */
export interface LineFilter {
  /** @throws TooLong for a line that is, and where too many are wanted. */
  readonly read: Visit;
  /** The lines kept, and the last one though it has no end. */
  text(): string;
}

/** Keeps the lines for which `isWanted` is true, of however long a text; lines end in LF. */
export function filterLines(isWanted: (line: string) => boolean): LineFilter {
  let begun = "";
  let kept = "";
  const take = (line: string): void => {
    if (line.length > MOST.lineBytes) throw new TooLong(`a line of more than ${megabytes(MOST.lineBytes)}`);
    if (isWanted(line)) kept += `${line}\n`;
    if (kept.length > MOST.linesBytes)
      throw new TooLong(`more than ${megabytes(MOST.linesBytes)} of what was asked for`);
  };
  return {
    read(_at, bytes, start, end) {
      const lines = (begun + bytes.toString("latin1", start, end)).split("\n");
      begun = lines.pop()!;
      for (const line of lines) take(line);
      if (begun.length > MOST.lineBytes) take(begun);
    },
    text() {
      take(begun);
      begun = "";
      return Buffer.from(kept, "latin1").toString("utf8");
    },
  };
}
