import { statfs } from "node:fs/promises";
import { dirname } from "node:path";

/** Says how many bytes are free where a file is to lie. */
export type FreeBytes = (path: string) => Promise<number>;

/** What is left free for everybody else. */
export const KEPT_FREE_BYTES = 64 * 2 ** 20;

/** How many bytes are written between two looks at the disk. */
const LOOK_BYTES = 16 * 2 ** 20;

/** Looks at the disk itself; where that can't be told, as on some network disks, there is room. */
export const freeBytes: FreeBytes = async (path) => {
  try {
    const { bavail, bsize, blocks } = await statfs(dirname(path));
    return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
};

/**
 * Watches what is really written to a file, whatever its length was said to be: told of every piece before it is written, it throws
 * an error of the code ENOSPC where the disk would keep less than 64 MB free.
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
