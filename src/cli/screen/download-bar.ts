import type { Console } from "./console.js";
import { progressBar } from "./progress-bar.js";

/** A megabyte, as disks count. */
export const MEGABYTE = 1e6;

interface Received {
  readonly url: string;
  readonly receivedBytes: number;
  readonly totalBytes: number | null;
}

/** A bar of megabytes for each file of a download, of those that are large; the time left is by the speed since it was first drawn. */
export function downloadBars(err: Console["err"]): (progress: Received) => void {
  let bar: { readonly url: string; readonly draw: (received: number, all: number) => void } | null = null;
  return ({ url, receivedBytes, totalBytes }) => {
    if (totalBytes === null || totalBytes < MEGABYTE) return;
    if (bar?.url !== url) bar = { url, draw: barOf(err, `${new URL(url).pathname.split("/").at(-1)}, MB:`) };
    bar.draw(receivedBytes, totalBytes);
  };
}

function barOf(err: Console["err"], what: string): (received: number, all: number) => void {
  const draw = progressBar(err, what);
  let first: { readonly at: number; readonly received: number } | null = null;
  return (received, all) => {
    const at = performance.now() / 1_000;
    first ??= { at, received };
    const speed = (received - first.received) / (at - first.at);
    const left = speed > 0 ? (all - received) / speed : null;
    draw(Math.round(received / MEGABYTE), Math.round(all / MEGABYTE), left);
  };
}
