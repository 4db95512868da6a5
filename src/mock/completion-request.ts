import { HttpError } from "./http/http-error.js";

/** What of a completion request decides the answer. */
export interface CompletionRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

/**
 * Reads the body of either completion endpoint; `model` is what is answered when it names none.
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
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
