import { isObject } from "../client/delta.js";
import type { Redact } from "../client/secrets.js";
import { oneLine, serverMessage } from "../client/server-message.js";
import type { FailureKind } from "../domain/loaded-request.js";

/** Why a body is no chat completion, and in what sense. */
export interface NoAnswer {
  readonly failure: FailureKind;
  readonly error: string;
}

/** Checks that the body of a 2xx answer is a chat completion with something in it; `null` when it is. */
export function whyNoAnswer(body: string, redact: Redact): NoAnswer | null {
  if (body.trim() === "") return notUnderstood("The server answered with an empty body.");
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return notUnderstood(
      `The server did not answer with JSON: ${JSON.stringify(oneLine(redact(body)).slice(0, 80))}.`,
    );
  }
  if (!isObject(answer) || !Array.isArray(answer.choices)) {
    return notUnderstood(
      `The server answered with JSON that is no chat completion: ${serverMessage(redact(body))}`,
    );
  }
  if (answer.choices.some(holdsToken)) return null;
  return { failure: "no content", error: "The answer was well formed but held no token: allow more tokens." };
}

const notUnderstood = (error: string): NoAnswer => ({ failure: "not understood", error });

/** A choice with content, reasoning, a tool call or a refusal; `text` is where the completions of a bare prompt have it. */
function holdsToken(choice: unknown): boolean {
  if (!isObject(choice)) return false;
  const message = isObject(choice.message) ? choice.message : {};
  const { content, reasoning_content, reasoning, refusal, tool_calls, function_call } = message;
  return (
    [content, reasoning_content, reasoning, refusal, choice.text, tool_calls].some(isFilled) ||
    isObject(function_call)
  );
}

const isFilled = (value: unknown): boolean =>
  (typeof value === "string" || Array.isArray(value)) && value.length > 0;
