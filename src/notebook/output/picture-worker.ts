import { type MessagePort, parentPort } from "node:worker_threads";
import type { Figure } from "../../charts/layout/figure.js";
import { staticSvg } from "../../charts/static-svg.js";
import { slimSvg } from "./slim-svg.js";

/** A figure to draw, where to send the picture, and what to wake when it is done. */
export interface PictureRequest {
  readonly figure: Figure;
  readonly port: MessagePort;
  readonly done: Int32Array;
}

/** What comes back. */
export type PictureReport = { readonly svg: string } | { readonly failed: string };

parentPort?.on("message", async ({ figure, port, done }: PictureRequest) => {
  port.postMessage(await draw(figure));
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
  port.close();
});

async function draw(figure: Figure): Promise<PictureReport> {
  try {
    return { svg: slimSvg(await staticSvg(figure)) };
  } catch (error) {
    return { failed: (error as Error).message };
  }
}
