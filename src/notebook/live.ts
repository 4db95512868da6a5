import { OptionError } from "../domain/errors/errors.js";
import { progressLine } from "../domain/progress.js";
import { type ChartOf, type GrowingChart, growingChart } from "./growing-chart.js";
import { interruption } from "./interruption.js";
import { type Cell, runningCell, updatable } from "./output/kernel.js";

/** Options of a run that show its progress. */
export interface LiveProgress {
  readonly onProgress: (done: number, all: number, secondsLeft?: number | null) => void;
  /** Aborted when the kernel is interrupted. */
  readonly signal: AbortSignal;
}

/** Options of a run that show its progress and what it has measured. */
export interface Live<R> extends LiveProgress {
  readonly onRecord: (record: R) => void;
}

/** How a chart grows. */
export interface LiveOptions {
  /** The shortest time between two charts; default 1. */
  readonly everySeconds?: number;
}

/**
 * Shows a running experiment under its cell: a line of progress, and a chart that grows as records land; without
 * `chartOf` the line alone.
 *
 * The chart is redrawn between two requests, never during one, at most every `everySeconds`. Interrupting the kernel stops
 * the run; what was measured is in the log. Rows that a resumed run finds in its log are not in the chart. Outside a notebook
 * nothing is shown, and nothing stops the run.
 *
 * @param chartOf the record kind's chart, such as `ttft.chart`, or a function from rows to a chart.
 * @throws OptionError for a negative pause.
 * @example
 * const rows = await ttft.run({ server, contextTokens: [512, 4_096], log: "sweep.jsonl", ...live(ttft.chart) });
 * // 20 of 20 done, 40 requests in 31 s
 */
export function live<R>(chartOf: ChartOf<R>, options?: LiveOptions): Live<R>;
/** Shows the progress of a running experiment under its cell, in a line: `await proxy.run({ …, ...live() })`. */
export function live(): LiveProgress;
export function live<R>(
  chartOf?: ChartOf<R>,
  { everySeconds = 1 }: LiveOptions = {},
): LiveProgress | Live<R> {
  if (!(everySeconds >= 0)) {
    throw new OptionError("everySeconds", "must be a number of at least 0", everySeconds);
  }
  const cell = runningCell();
  if (cell === null) return chartOf === undefined ? unseen : { ...unseen, onRecord: () => {} };
  if (chartOf === undefined) return progressOf(cell);
  const chart = growingChart(cell, chartOf, everySeconds);
  return { ...progressOf(cell, chart), onRecord: chart.add };
}

const unseen: LiveProgress = { onProgress: () => {}, signal: new AbortController().signal };

function progressOf(cell: Cell, chart?: GrowingChart<unknown>): LiveProgress {
  const line = updatable(cell);
  const say = (text: string): void => line({ "text/plain": text });
  const began = performance.now();
  let progress = "nothing measured yet";
  const finish = (text: string): void => {
    say(text);
    chart?.finish();
  };
  const interrupted = interruption(() =>
    finish(`Interrupted; ${progress}. What was measured is in the log: continue with resume: true.`),
  );

  say("Warming up …");
  return {
    signal: interrupted.signal,
    onProgress: (done, all, secondsLeft) => {
      const seconds = (performance.now() - began) / 1000;
      const requests = chart === undefined ? "" : `, ${chart.rows.length} requests`;
      progress = `${done} of ${all} done${requests} in ${seconds.toFixed(0)} s`;
      if (done < all) return say(`${progressLine("Done:", done, all, secondsLeft)}${requests}`);
      interrupted.forget();
      finish(progress);
    },
  };
}
