const LF = 10;
const CR = 13;

/** Where the first blank line between `start` and `end` ends that follows another line; −1 when there is none. */
export function afterBlankLine(bytes: Buffer, start: number, end: number): number {
  for (let i = start; i < end - 1; i++) {
    if (bytes[i] !== LF) continue;
    if (bytes[i + 1] === LF) return i + 2;
    if (bytes[i + 1] === CR && i + 2 < end && bytes[i + 2] === LF) return i + 3;
  }
  return -1;
}
