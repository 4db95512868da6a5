/** From when a request's times count: from its start, or from its scheduled start. */
export type CountedFrom = "start" | "intended start";

/** What a request under load says about its start. */
export interface Started {
  /** Null in a closed loop. */
  readonly rate_per_second: number | null;
  /** `closed`, or how starts are scheduled; if missing, a rate means that they are. */
  readonly arrivals?: string | null;
  readonly wait_seconds: number | null;
}

/**
 * Open-loop times count from the intended start; otherwise requests delayed by a stall would look as quick as the others
 * (Tene's "coordinated omission",
 * http://highscalability.com/blog/2015/10/5/your-load-generator-is-probably-lying-to-you-take-the-red-pi.html). In a closed
 * loop the only intention is "as soon as a slot is free", and any wait is the client's own.
 */
export const countedFrom = ({
  rate_per_second,
  arrivals,
}: Pick<Started, "rate_per_second" | "arrivals">): CountedFrom => {
  const isClosed = arrivals == null ? rate_per_second === null : arrivals === "closed";
  return isClosed ? "start" : "intended start";
};

/** Seconds since a request's start, actual or intended as its load requires; null if a part was not measured. */
export function waited(row: Started, seconds: number | null): number | null {
  if (countedFrom(row) === "start" || seconds === null) return seconds;
  return row.wait_seconds === null ? null : row.wait_seconds + seconds;
}
