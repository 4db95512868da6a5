import type { ChatRequest, CompleteRequest, TimedCompletion } from "../../client/request.js";
import type { Server } from "../../client/server.js";
import type { JsonObject } from "../../domain/json.js";
import { type ChunkedPrompt, wholePrompt } from "../../domain/records/chunked-prompt.js";
import { wholeIds } from "../../domain/records/prompt-ids.js";
import type { MethodRequest } from "./method.js";

/** What is sent besides a prompt. */
export type SentWith = MethodRequest & { readonly body?: JsonObject | undefined };

/** A prompt as it is sent: its ids if it has them, else its text. */
export const wholeOf = (prompt: ChunkedPrompt): string | readonly number[] =>
  prompt.ids === undefined ? wholePrompt(prompt) : wholeIds(prompt.ids);

/**
 * A prompt, or a part of one, in its format: a text as the only message of a chat, or bare. Token ids are always bare,
 * because they already include a template.
 */
export function promptRequest(
  { format }: Pick<ChunkedPrompt, "format">,
  prompt: string | readonly number[],
  { maxTokens, stop, body = {}, signal }: SentWith,
): ChatRequest | CompleteRequest {
  const request = { maxTokens, body, ...(stop && { stop }), ...(signal && { signal }) };
  return format === "chat" && typeof prompt === "string"
    ? { ...request, messages: [{ role: "user", content: prompt }] }
    : { ...request, prompt };
}

/** Sends a {@link promptRequest}. */
export function sendPrompt(
  server: Server,
  format: Pick<ChunkedPrompt, "format">,
  prompt: string | readonly number[],
  sent: SentWith,
): Promise<TimedCompletion> {
  const request = promptRequest(format, prompt, sent);
  return "messages" in request ? server.chat(request) : server.complete(request);
}
