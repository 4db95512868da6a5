import type { Sink } from "./console.js";

const WIDTH = 30;

/** A progress bar: redrawn in place on a terminal, a line at each tenth elsewhere. */
export function progressBar(sink: Sink, what: string): (done: number, all: number) => void {
  let lastTenth = -1;
  return (done, all) => {
    const share = all === 0 ? 1 : done / all;
    const text = `${what} ${done} of ${all}`;
    if (sink.isTTY) {
      const filled = Math.round(share * WIDTH);
      const end = done === all ? "\n" : "";
      sink.write(`\r[${"█".repeat(filled)}${" ".repeat(WIDTH - filled)}] ${text}${end}`);
      return;
    }
    const tenth = Math.floor(share * 10);
    if (tenth === lastTenth) return;
    lastTenth = tenth;
    sink.write(`${text}\n`);
  };
}
