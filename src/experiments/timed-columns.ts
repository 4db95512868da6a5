import type { TimedCompletion } from "../client/timed-completion.js";
import type { TimedRequest } from "../domain/records/record-kinds.js";

/** The columns every timed request has; TTFT first, as the original's third key. */
export function timedColumns(completion: TimedCompletion): TimedRequest {
  const { ttft_seconds, connect_seconds, first_byte_seconds, first_event_seconds } = completion;
  const { first_reasoning_seconds, e2e_seconds, prompt_tokens, output_tokens, cached_tokens } = completion;
  const { finish_reason, remark } = completion;
  const ending =
    completion.outcome === "ok"
      ? { outcome: completion.outcome, error: completion.error }
      : { outcome: completion.outcome, error: completion.error };
  return {
    ttft_seconds,
    ...ending,
    started_at: completion.started_at,
    connect_seconds,
    first_byte_seconds,
    first_event_seconds,
    first_reasoning_seconds,
    e2e_seconds,
    prompt_tokens,
    output_tokens,
    cached_tokens,
    finish_reason,
    remark,
  };
}
