import { type FirstToken, firstTokenSeconds } from "../records/first-token.js";
import type { RequestTime } from "../records/objectives.js";
import type { TimedRequest } from "../records/record-kinds.js";

/** What a record of any kind says of its times; rows made elsewhere may lack the later ones. */
export type TimedRow = Pick<TimedRequest, "ttft_seconds" | "first_reasoning_seconds" | "e2e_seconds"> &
  Partial<Pick<TimedRequest, "itl_seconds" | "tpot_seconds">>;

/** One of a request's times, from its own start; null where it was not measured. */
export function requestSeconds(row: TimedRow, time: RequestTime, firstToken: FirstToken): number | null {
  return time === "ttft" ? firstTokenSeconds(row, firstToken) : (row[`${time}_seconds`] ?? null);
}
