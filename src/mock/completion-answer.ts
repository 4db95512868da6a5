import type { AnswerFormat } from "./answer-format.js";
import type { CompletionRequest } from "./completion-request.js";
import type { RequestHead } from "./request-head.js";
import { event, jsonResponse, streamEnd, streamHead } from "./response.js";
import type { Step } from "./step.js";

/** What one answer is made of. */
export interface AnswerPlan {
  readonly format: AnswerFormat;
  readonly chunks: number;
  /** How long each wait is, in order: before the first chunk, then between chunks. */
  wait(step: "first" | "gap"): number;
  /** The text of a chunk that is sent now. */
  text(): string;
}

/** A stream: its head at once, then the chunks, each when its time has come. */
export function* streamedAnswer(
  head: RequestHead,
  request: CompletionRequest,
  plan: AnswerPlan,
): Generator<Step, void> {
  const { format, chunks } = plan;
  yield { write: streamHead(head) };
  let content = "";
  for (let i = 0; i < chunks; i++) {
    const waitSeconds = plan.wait(i === 0 ? "first" : "gap");
    if (waitSeconds > 0) yield { waitSeconds };
    if (i === 0 && format.role !== null) yield { write: event(head, format.role) };
    // Chunks without a gap go out in one write, and so share the time of it.
    if (i === 0 || waitSeconds > 0) content = event(head, format.content(plan.text()));
    yield { write: content };
  }
  const usage = request.includeUsage ? event(head, format.usage(chunks)) : "";
  yield { write: event(head, format.finish) + usage + event(head, "[DONE]") + streamEnd(head) };
  if (head.minor === 0) yield { end: "close" };
}

/** A whole answer: nothing until it is there. */
export function* wholeAnswer(head: RequestHead, plan: AnswerPlan): Generator<Step, void> {
  const waitSeconds = plan.wait("first");
  if (waitSeconds > 0) yield { waitSeconds };
  yield { write: jsonResponse(head, 200, plan.format.whole(plan.text())) };
}
