/** Told when a piece of work begins and when all has ended; the seconds left are null until something was measured. */
export type OnProgress = (done: number, all: number, secondsLeft?: number | null) => void;

const WIDTH = 20;

/**
 * A line of progress, the same in a terminal and under a notebook's cell.
 *
 * @example progressLine("Trials:", 3, 20, 34) // "[███                 ] Trials: 3 of 20, about 34 s left"
 */
export function progressLine(what: string, ...[done, all, secondsLeft]: Parameters<OnProgress>): string {
  const filled = Math.floor((all === 0 ? 1 : done / all) * WIDTH);
  return `[${"█".repeat(filled)}${" ".repeat(WIDTH - filled)}] ${progressText(what, done, all, secondsLeft)}`;
}

/** The same without the bar. */
export function progressText(
  what: string,
  ...[done, all, secondsLeft = null]: Parameters<OnProgress>
): string {
  const left = secondsLeft === null || done >= all ? "" : `, about ${aboutSeconds(secondsLeft)} left`;
  return `${what} ${done} of ${all}${left}`;
}

/**
 * A time that is only known roughly, in words.
 *
 * @example aboutSeconds(95) // "2 min"
 */
export function aboutSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.ceil(seconds))} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest === 0 ? "" : ` ${rest} min`}`;
}
