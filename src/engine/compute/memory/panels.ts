import { largest } from "../../../domain/extremes.js";
import type { StoredPart } from "../../files/stored-part.js";
import type { Arena } from "../../wasm/arena.js";

/** About so many bytes are read from a file together: so few stay in the processor's cache until they are unpacked. */
const STEP_BYTES = 2 ** 16;

/** Rows of a part that are read together: as many as change places among each other, or several times as many. */
function stepOf({ rowBytes, together }: StoredPart): number {
  return Math.max(1, Math.floor(STEP_BYTES / rowBytes / together)) * together;
}

/**
 * Reads the parts of a matrix, one below the other, and hands out the addresses of their rows by eights, a panel's; only the
 * last may have fewer. With them comes the address of `deskBytes` to work in.
 */
export function forPanels(
  arena: Arena,
  parts: readonly StoredPart[],
  deskBytes: number,
  each: (part: StoredPart, rows: readonly number[], desk: number) => void,
): void {
  const most = largest(parts.map((part) => Math.min(stepOf(part), part.rows) * part.rowBytes));
  const desk = arena.scratch(deskBytes + most);
  const read = desk + deskBytes;
  for (const part of parts) {
    const { rows, rowBytes, stored } = part;
    const step = stepOf(part);
    for (let first = 0; first < rows; first += step) {
      const count = Math.min(step, rows - first);
      stored.source.readInto(arena.bytes(read, count * rowBytes), stored.start + first * rowBytes);
      for (let row = 0; row < count; row += 8) {
        const addresses = Array.from(
          { length: Math.min(8, count - row) },
          (_, i) => read + (part.storedRow(first + row + i) - first) * rowBytes,
        );
        each(part, addresses, desk);
      }
    }
  }
}
