const SLAB_BYTES = 1024 * 1024;

let slab = new SharedArrayBuffer(0);
let used = 0;

/** Uninitialised bytes in memory that threads share, so that a request need not be copied for one that sends it. */
export function sharedBytes(length: number): Buffer {
  if (used + length > slab.byteLength) {
    slab = new SharedArrayBuffer(Math.max(length, SLAB_BYTES));
    used = 0;
  }
  const bytes = Buffer.from(slab, used, length);
  used += length;
  return bytes;
}
