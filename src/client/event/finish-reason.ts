/** Reasons that say the server gave the answer up or held it back: the text is not what the model would have said. */
const FAILED: ReadonlySet<string> = new Set([
  // Given up by the server: vLLM, SGLang, OpenRouter, DeepSeek, GLM and gateways.
  ...[
    "deadline_exceeded",
    "timed_out",
    "insufficient_system_resource",
    "resource_exhausted",
    "out_of_memory",
  ],
  // Held back or cut by a filter: OpenAI and Azure, Bedrock, GLM, Anthropic.
  ...["content_filter", "content_filtered", "contentfilter", "guardrail_intervened", "sensitive", "refusal"],
  // The same in Gemini's words.
  ...["blocklist", "prohibited_content", "spii", "malformed_function_call", "malformed_response", "language"],
]);

/** Words that mean the same in whatever reason they stand: `server_error`, `requestCancelled`, `IMAGE_SAFETY`. */
const FAILED_WORDS: ReadonlySet<string> = new Set([
  ...["error", "errored", "exception", "fail", "failed", "failure", "fault"],
  ...["abort", "aborted", "cancel", "canceled", "cancelled", "interrupted", "killed", "preempted", "evicted"],
  ...["timeout", "overload", "overloaded", "unavailable", "disconnect", "disconnected"],
  ...["crash", "crashed", "oom", "terminated", "expired", "rejected", "quota", "rate"],
  ...["safety", "unsafe", "recitation", "blocked", "filtered", "moderation", "violation"],
]);

/**
 * Whether a `finish_reason` says that the answer failed, though the status is 200.
 *
 * `stop`, `length`, `tool_calls` and whatever else ends an answer in good order did not; nor did a reason that nobody here
 * knows, which the record keeps.
 *
 * @example isFailedReason("content_filter") // true
 */
export function isFailedReason(reason: string): boolean {
  const plain = reason
    .trim()
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[\s.-]+/g, "_");
  return (
    FAILED.has(plain.replace(/^finish_?reason_/, "")) ||
    plain.split("_").some((word) => FAILED_WORDS.has(word))
  );
}
