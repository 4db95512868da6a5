import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { Figure } from "../../charts/layout/figure.js";
import { FirstTokenError } from "../../domain/errors/errors.js";
import type { PictureReport, PictureRequest } from "./picture-worker.js";

/** Drawing takes about a second; a machine that needs longer than this has other problems. */
const TIMEOUT_MS = 120_000;

let worker: Worker | null = null;

/**
 * A figure's static picture as SVG, drawn in another thread while this one waits.
 *
 * Waiting keeps `display` a plain call: a notebook drops what is shown after its cell has ended, so a forgotten
 * `await` would lose the chart.
 *
 * @throws FirstTokenError if it can't be drawn.
 */
export function pictureOf(figure: Figure): string {
  if (worker === null) {
    worker = new Worker(new URL("../../../dist/notebook/output/picture-worker.js", import.meta.url));
    worker.once("exit", () => {
      worker = null;
    });
    worker.unref();
  }
  const { port1, port2 } = new MessageChannel();
  const done = new Int32Array(new SharedArrayBuffer(4));
  const request: PictureRequest = { figure, done, port: port2 };
  worker.postMessage(request, [port2]);
  Atomics.wait(done, 0, 0, TIMEOUT_MS);
  const received = receiveMessageOnPort(port1) as { readonly message: PictureReport } | undefined;
  port1.close();
  if (received === undefined) {
    throw new FirstTokenError(`The chart's picture was not drawn within ${TIMEOUT_MS / 1000} s.`);
  }
  if ("failed" in received.message) throw new FirstTokenError(received.message.failed);
  return received.message.svg;
}
