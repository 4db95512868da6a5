import type { AnswerFormat } from "./answer-format.js";
import { HttpError, type RequestHead } from "./http/request-head.js";
import {
  type Answer,
  errorBody,
  event,
  jsonResponse,
  type Step,
  streamEnd,
  streamHead,
} from "./http/response.js";
import type { Fault } from "./mock-options.js";

/** The parts of a completion request that decide the answer. */
export interface CompletionRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** A token for each id, or for every 4 characters of a text: the mock has no tokenizer. */
  readonly promptTokens: number;
}

/**
 * Reads the body of either completion route; `model` is used in the answer if the body names none.
 *
 * @throws HttpError 400
 */
export function parseCompletion(bytes: Buffer, model: string): CompletionRequest {
  let body: unknown;
  try {
    body = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw new HttpError(400, `The body is not JSON: ${(error as Error).message}.`);
  }
  if (!isObject(body)) throw new HttpError(400, "The body is not a JSON object.");
  if (body.model != null && typeof body.model !== "string") {
    throw new HttpError(400, "model: must be a text.");
  }
  return {
    model: body.model ?? model,
    stream: body.stream === true,
    includeUsage: isObject(body.stream_options) && body.stream_options.include_usage === true,
    promptTokens: promptTokensOf(body),
  };
}

function promptTokensOf({ prompt, messages }: Readonly<Record<string, unknown>>): number {
  const all = Array.isArray(messages)
    ? messages.map((one) => (isObject(one) ? one.content : null))
    : [prompt];
  return Math.max(
    1,
    all.reduce((sum: number, text) => sum + tokensOf(text), 0),
  );
}

const CHARACTERS_PER_TOKEN = 4;

function tokensOf(text: unknown): number {
  if (typeof text === "string") return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
  if (!Array.isArray(text)) return 0;
  // Ids, texts, or the parts of a message's content.
  return text.reduce(
    (sum: number, one) => sum + (typeof one === "number" ? 1 : tokensOf(isObject(one) ? one.text : one)),
    0,
  );
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What one answer is made of. */
export interface AnswerPlan {
  readonly format: AnswerFormat;
  readonly chunks: number;
  readonly fault: Fault | null;
  /** The length of the next wait: before the first chunk, or between chunks. */
  wait(step: "first" | "gap"): number;
  /** The text of a chunk sent now. */
  text(): string;
}

/** Answers a completion as planned, with its fault. */
export function completionAnswer(head: RequestHead, request: CompletionRequest, plan: AnswerPlan): Answer {
  if (plan.fault?.kind === "status") return statusAnswer(head, plan.fault.status);
  if (plan.fault?.kind === "reset") return ending("reset");
  return request.stream ? streamedAnswer(head, request, plan) : wholeAnswer(head, plan);
}

/** A stream: its head at once, then each chunk at its time. */
function* streamedAnswer(
  head: RequestHead,
  request: CompletionRequest,
  plan: AnswerPlan,
): Generator<Step, void> {
  const { format, chunks } = plan;
  const fault = plan.fault?.kind;
  const middle = Math.floor(chunks / 2);
  yield { write: streamHead(head) };
  if (fault === "stall") return yield { end: "stall" };
  let chunk = "";
  for (let i = 0; i < chunks; i++) {
    const waitSeconds = plan.wait(i === 0 ? "first" : "gap");
    if (waitSeconds > 0) yield { waitSeconds };
    if (i === 0) yield* roleEvent(head, format);
    if (i === middle && fault === "cut") return yield { end: "close" };
    if (i === middle && fault === "malformed") {
      yield { write: event(head, half(format.content(plan.text()))) };
      continue;
    }
    // Chunks without a gap go out in one write, and so share its time.
    if (chunk === "" || waitSeconds > 0) chunk = event(head, format.content(plan.text()));
    yield { write: chunk };
  }
  const usage = request.includeUsage ? event(head, format.usage(chunks)) : "";
  yield { write: event(head, format.finish()) + usage + event(head, "[DONE]") + streamEnd(head) };
  if (head.minor === 0) yield { end: "close" };
}

function* roleEvent(head: RequestHead, format: AnswerFormat): Generator<Step, void> {
  const role = format.role();
  if (role !== null) yield { write: event(head, role) };
}

/** A whole answer: nothing until it is complete. */
function* wholeAnswer(head: RequestHead, plan: AnswerPlan): Generator<Step, void> {
  const waitSeconds = plan.wait("first");
  if (waitSeconds > 0) yield { waitSeconds };
  const body = plan.format.whole(plan.text());
  switch (plan.fault?.kind) {
    case "malformed":
      return yield { write: jsonResponse(head, 200, half(body)) };
    case "cut":
    case "stall": {
      const response = jsonResponse(head, 200, body);
      const headLength = response.length - body.length;
      const cut = plan.fault.kind === "cut";
      yield { write: response.slice(0, cut ? headLength + half(body).length : headLength) };
      return yield { end: cut ? "close" : "stall" };
    }
    default:
      yield { write: jsonResponse(head, 200, body) };
  }
}

function* statusAnswer(head: RequestHead, status: number): Generator<Step, void> {
  const message = `The mock provider was asked to answer some requests with ${status}.`;
  yield { write: jsonResponse(head, status, errorBody(status, message)) };
}

function* ending(end: "reset"): Generator<Step, void> {
  yield { end };
}

/** Text that is no longer JSON. */
const half = (json: string): string => json.slice(0, json.length / 2);
