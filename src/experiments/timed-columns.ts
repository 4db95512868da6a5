import type { TimedCompletion } from "../client/request.js";
import { TIMED_KEYS } from "../domain/records/columns.js";
import type { TimedRequest } from "../domain/records/record-kinds.js";

/** The columns every timed request has; TTFT first, as the original's third key. */
export const timedColumns = (completion: TimedCompletion): TimedRequest =>
  Object.fromEntries(TIMED_KEYS.map((key) => [key, completion[key]])) as unknown as TimedRequest;
