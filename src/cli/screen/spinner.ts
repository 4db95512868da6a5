import { colour, type Sink } from "./console.js";

const FRAME_MILLISECONDS = 200;

/** The original's spinner: up to five red arrows that grow until the first token comes; silent off a terminal. */
export interface Spinner {
  start(): void;
  stop(): void;
}

/** Makes a spinner on a terminal. */
export function spinner(sink: Sink): Spinner {
  let timer: NodeJS.Timeout | null = null;
  let frame = 0;
  const draw = (arrows: number) => sink.write(`\r${colour(sink, 31, ">".repeat(arrows).padEnd(6))}`);
  return {
    start() {
      if (!sink.isTTY || timer) return;
      frame = 0;
      timer = setInterval(() => draw(frame++ % 6), FRAME_MILLISECONDS).unref();
    },
    stop() {
      if (!timer) return;
      clearInterval(timer);
      timer = null;
      draw(5);
      sink.write("\n");
    },
  };
}
