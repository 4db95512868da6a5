import { renameSync, rmSync, writeFileSync } from "node:fs";
import { isDevice, modeOf, nameBeside, placeOf } from "./place.js";

/**
 * Writes a file whole or not at all: until it is whole its place has what was there before, and of two that write it at
 * once one is there. A link stays a link; a device is written to as it is.
 *
 * @throws what the file system throws; nothing is left behind.
 * @example writeWhole("report.html", html)
 */
export function writeWhole(path: string, content: string | Uint8Array): void {
  if (isDevice(path)) {
    writeFileSync(path, content);
    return;
  }
  const place = placeOf(path);
  const part = nameBeside(place);
  try {
    writeFileSync(part, content, { flag: "wx", mode: modeOf(place) });
    renameSync(part, place);
  } catch (cause) {
    rmSync(part, { force: true });
    throw cause;
  }
}
