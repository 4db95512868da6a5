import type { TimedCompletion } from "./timed-completion.js";

/**
 * Whether the server computed an answer to its end, even one without text: a single token may be part of a letter, or
 * of a word nobody is shown. That is enough of a request whose first token nobody times.
 */
export function endedWhole({ outcome, status, finish_reason }: TimedCompletion): boolean {
  return outcome === "ok" || (outcome === "error" && status === 200 && finish_reason !== null);
}
