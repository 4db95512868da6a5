/** From when a request's times count: from its start, or from when the schedule meant it to start. */
export type CountedFrom = "start" | "intended start";

/** What a request under load says of when it started. */
export interface Started {
  /** Null in a closed loop. */
  readonly rate_per_second: number | null;
  /** `closed`, or how starts are scheduled; where nothing is said, a rate says that they are. */
  readonly arrivals?: string | null;
  readonly wait_seconds: number | null;
}

/**
 * Open-loop times count from the intended start: requests that a stall held back would else look as quick as the
 * others (Tene's "coordinated omission", http://highscalability.com/blog/2015/10/5/your-load-generator-is-probably-lying-to-you-take-the-red-pi.html).
 * In a closed loop nothing was intended but "as soon as a place is free", and what was waited for is the client's own.
 */
export const countedFrom = ({
  rate_per_second,
  arrivals,
}: Pick<Started, "rate_per_second" | "arrivals">): CountedFrom => {
  const isClosed = arrivals == null ? rate_per_second === null : arrivals === "closed";
  return isClosed ? "start" : "intended start";
};

/** Seconds from a request's start, counted from where its load says; null where a part was not measured. */
export function waited(row: Started, seconds: number | null): number | null {
  if (countedFrom(row) === "start" || seconds === null) return seconds;
  return row.wait_seconds === null ? null : row.wait_seconds + seconds;
}
