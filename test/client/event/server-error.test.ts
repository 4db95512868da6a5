import { describe, expect, it } from "vitest";
import { isFailedReason } from "../../../src/client/event/server-error.js";

describe("a finish_reason", () => {
  // vLLM, SGLang, OpenRouter, DeepSeek, GLM, Azure, Bedrock, Anthropic and Gemini, as their pages list them.
  it.each([
    ...[
      "error",
      "abort",
      "content_filter",
      "cancelled",
      "canceled",
      "aborted",
      "timeout",
      "server_error",
      "overloaded",
    ],
    ...[
      "ABORT",
      "Error",
      "FinishReason.SAFETY",
      "RECITATION",
      "BLOCKLIST",
      "PROHIBITED_CONTENT",
      "SPII",
      "IMAGE_SAFETY",
    ],
    ...["MALFORMED_FUNCTION_CALL", "insufficient_system_resource", "network_error", "sensitive", "refusal"],
    ...[
      "serverError",
      "timedOut",
      "requestAborted",
      "contentFilter",
      "ContentFilter",
      "rate_limited",
      "rate_limit_exceeded",
    ],
    ...["quota_exceeded", "unsafe", "policy_violation", "terminated", "crashed", "rejected", "out_of_memory"],
    ...["guardrail_intervened", "content_filtered", "engine_error", "request_aborted", "deadline exceeded"],
  ])("%s tells of a failure", (reason) => expect(isFailedReason(reason)).toBe(true));

  it.each([
    ...[
      "stop",
      "length",
      "tool_calls",
      "function_call",
      "eos",
      "eos_token",
      "stop_sequence",
      "end_turn",
      "max_tokens",
    ],
    ...[
      "STOP",
      "MAX_TOKENS",
      "FINISH_REASON_STOP",
      "tool_use",
      "model_length",
      "complete",
      "COMPLETE",
      "pause_turn",
    ],
    ...["maxTokens", "stopSequence", "endTurn", "OTHER", "unknown", "default"],
    ...["repetition", "model_context_window_exceeded", "something new", ""],
  ])("%j does not", (reason) => expect(isFailedReason(reason)).toBe(false));
});
