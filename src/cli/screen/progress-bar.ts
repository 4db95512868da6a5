import { type OnProgress, progressLine, progressText } from "../../domain/progress.js";
import type { Sink } from "./console.js";

/** A progress bar: redrawn in place on a terminal, a line at each tenth elsewhere. */
export function progressBar(sink: Sink, what: string): OnProgress {
  let lastTenth = -1;
  let drawn = 0;
  return (done, all, secondsLeft) => {
    if (sink.isTTY) {
      const line = progressLine(what, done, all, secondsLeft);
      sink.write(`\r${line.padEnd(drawn)}${done === all ? "\n" : ""}`);
      drawn = line.length;
      return;
    }
    const tenth = Math.floor((all === 0 ? 1 : done / all) * 10);
    if (tenth === lastTenth) return;
    lastTenth = tenth;
    sink.write(`${progressText(what, done, all, secondsLeft)}\n`);
  };
}
