import { OptionError } from "../domain/errors.js";
import { chartBundle, growingChartBundle } from "./chart-bundle.js";
import type { DisplayableChart } from "./display.js";
import { interruption } from "./interruption.js";
import { type Bundle, type Cell, runningCell } from "./kernel.js";
import { pictureOf } from "./picture.js";
import { carryPlotly } from "./plotly-carrier.js";

/** Options of a run that let a notebook watch it. */
export interface Live<R> {
  readonly onRecord: (record: R) => void;
  readonly onProgress: (done: number, all: number) => void;
  /** Aborted when the kernel is interrupted. */
  readonly signal: AbortSignal;
}

/**
 * Shows a running experiment under its cell: a line of progress, and a chart that grows as records land.
 *
 * The chart is made anew between two requests, never during one, at most every `everySeconds` (default 1). Interrupting
 * the kernel stops the run; what was measured is in the log. Rows that a resumed run finds in its log are not in the
 * chart. Outside of a notebook nothing is shown, and nothing stops the run.
 *
 * @throws OptionError for a negative pause.
 * @example await ttft.run({ server, contextTokens: [512, 4_096], log, ...live(ttft.chart) })
 */
export function live<R>(
  chartOf: (rows: readonly R[]) => DisplayableChart,
  { everySeconds = 1 }: { readonly everySeconds?: number } = {},
): Live<R> {
  if (!(everySeconds >= 0))
    throw new OptionError("everySeconds", "must be a number of at least 0", everySeconds);
  const cell = runningCell();
  return cell === null ? unseen : watched(cell, chartOf, everySeconds);
}

const unseen: Live<unknown> = {
  onRecord: () => {},
  onProgress: () => {},
  signal: new AbortController().signal,
};

function watched<R>(
  cell: Cell,
  chartOf: (rows: readonly R[]) => DisplayableChart,
  everySeconds: number,
): Live<R> {
  const say = updatable(cell);
  const draw = updatable(cell);
  const rows: R[] = [];
  const began = performance.now();
  let lastDrawn = Number.NEGATIVE_INFINITY;
  let progress = "nothing measured yet";

  const finish = (line: string): void => {
    say({ "text/plain": line });
    if (rows.length === 0) return;
    const { figure } = chartOf(rows);
    draw(chartBundle(figure, pictureOf(figure)));
  };
  const interrupted = interruption(() =>
    finish(`Interrupted; ${progress}. What was measured is in the log: go on with resume: true.`),
  );

  carryPlotly(cell);
  say({ "text/plain": "Warming up …" });
  return {
    signal: interrupted.signal,
    onRecord: (record) => {
      rows.push(record);
      const now = performance.now();
      if (now - lastDrawn < everySeconds * 1000) return;
      lastDrawn = now;
      draw(growingChartBundle(chartOf(rows).figure));
    },
    onProgress: (done, all) => {
      const seconds = (performance.now() - began) / 1000;
      progress = `${done} of ${all} done, ${rows.length} requests in ${seconds.toFixed(0)} s`;
      if (done < all) return say({ "text/plain": progress + timeLeft(seconds, done, all) });
      interrupted.forget();
      finish(progress);
    },
  };
}

/** What the seconds so far let one expect, once there is something to go by. */
const timeLeft = (seconds: number, done: number, all: number): string =>
  done < 2 ? "" : `, about ${Math.ceil((seconds / done) * (all - done))} s left`;

let shown = 0;

/** Shows a bundle under a cell the first time, and replaces it from then on. */
function updatable(cell: Cell): (bundle: Bundle) => void {
  const id = `firsttoken-${process.pid}-${++shown}`;
  let isThere = false;
  return (bundle) => {
    if (isThere) return cell.replace(bundle, id);
    isThere = true;
    cell.show(bundle, id);
  };
}
