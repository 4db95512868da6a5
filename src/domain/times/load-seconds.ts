import { type Started, waited } from "../records/counted-from.js";
import type { FirstToken } from "../records/first-token.js";
import type { Objective, RequestTime } from "../records/objectives.js";
import { requestSeconds, type TimedRow } from "./request-seconds.js";

/** A time of a request under load; TTFT and E2E count from the actual or intended start, as its load requires. */
export function loadSeconds(
  row: TimedRow & Started,
  time: RequestTime,
  firstToken: FirstToken,
): number | null {
  const seconds = requestSeconds(row, time, firstToken);
  return time === "ttft" || time === "e2e" ? waited(row, seconds) : seconds;
}

/** Whether a request met every objective; one that lacks a time has not met its. */
export const meets = (
  row: TimedRow & Started,
  objectives: readonly Objective[],
  firstToken: FirstToken,
): boolean =>
  objectives.every(({ time, seconds }) => {
    const value = loadSeconds(row, time, firstToken);
    return value !== null && value <= seconds;
  });
