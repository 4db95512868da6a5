import { statfs } from "node:fs/promises";
import { dirname } from "node:path";

/** Says how many bytes are free where a file is to be written. */
export type FreeBytes = (path: string) => Promise<number>;

/** Space left free for everything else. */
export const KEPT_FREE_BYTES = 64 * 2 ** 20;

/** How many bytes are written between two checks of the disk. */
const LOOK_BYTES = 16 * 2 ** 20;

/** Asks the disk itself; if it can't say, as some network disks, there is room. */
export const freeBytes: FreeBytes = async (path) => {
  try {
    const { bavail, bsize, blocks } = await statfs(dirname(path));
    return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
};

/**
 * Watches what is actually written to a file, whatever length was announced: called for every piece before it is written, it
 * throws an error with the code ENOSPC if the disk would have less than 64 MB free.
 */
export function watchRoom(path: string, free: FreeBytes = freeBytes): (bytes: number) => Promise<void> {
  let untilLook = 0;
  return async (bytes) => {
    untilLook -= bytes;
    if (untilLook > 0) return;
    untilLook = LOOK_BYTES;
    if ((await free(path)) - bytes >= KEPT_FREE_BYTES) return;
    throw Object.assign(new Error("less than 64 MB are free on the disk"), { code: "ENOSPC" });
  };
}
