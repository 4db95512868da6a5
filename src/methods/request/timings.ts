import { tokenCount } from "../../client/event/usage.js";
import type { TimedCompletion } from "../../client/timed-completion.js";

/** A figure of the server's `timings` in seconds, such as `load_ms`; null where it is not reported. */
export function timingSeconds({ timings }: TimedCompletion, key: `${string}_ms`): number | null {
  const value = timings?.[key];
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value / 1_000 : null;
}

/** A count of usage's `prompt_tokens_details`, such as `recomputed_tokens`; null where it is not reported. */
export function promptDetail({ usage }: TimedCompletion, key: string): number | null {
  const details = usage?.prompt_tokens_details;
  const value = typeof details === "object" && details !== null ? Reflect.get(details, key) : null;
  return tokenCount(value);
}
