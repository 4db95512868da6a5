import { ConnectTimeout } from "../client/connection.js";
import { encodingOf } from "../client/decompress.js";
import type { Endpoint } from "../client/endpoint.js";
import { isSuccess, type ResponseHead } from "../client/http-head.js";
import type { ProtocolError } from "../client/http-response.js";
import type { Redact } from "../client/secrets.js";
import { oneLine, serverMessage } from "../client/server-message.js";
import { codeOf, describeNoAnswer, describeNotHttp, describeUnreachable } from "../client/trouble.js";
import { describeStatus } from "../client/verdict.js";
import type { FailureKind } from "../domain/loaded-request.js";
import type { Outcome } from "../domain/timed-request.js";
import type { StreamScanner } from "./stream-scanner.js";
import { whyNoAnswer } from "./whole-answer.js";

/** How a request under load ended, on the wire. */
export type LoadEnd =
  | { readonly how: "complete" }
  | { readonly how: "cut"; readonly error: NodeJS.ErrnoException | null }
  | { readonly how: "not http"; readonly error: ProtocolError }
  | { readonly how: "timeout"; readonly seconds: number }
  | { readonly how: "unreachable"; readonly error: Error };

/** What had come until then. */
export interface Received {
  readonly head: ResponseHead | null;
  readonly anyByte: boolean;
  /** Who read the stream; `null` for an answer asked for in one piece. */
  readonly stream: StreamScanner | null;
  /** The body, or the beginning of one that held no event. */
  readonly body: string;
}

export interface Failure {
  readonly outcome: Exclude<Outcome, "ok">;
  readonly failure: FailureKind;
  readonly error: string;
}

export const COMPLETE: LoadEnd = { how: "complete" };

/**
 * `null` for a good end: a stream closed with `[DONE]`, or a whole chat completion, that held a token.
 *
 * What a server said is redacted before it is cut short, so that no part of a secret is left at the cut.
 */
export function whyFailed(
  endpoint: Endpoint,
  redact: Redact,
  end: LoadEnd,
  { head, stream, anyByte, body }: Received,
): Failure | null {
  if (end.how === "unreachable") {
    const outcome = end.error instanceof ConnectTimeout ? "timeout" : "error";
    return { outcome, failure: "not connected", error: describeUnreachable(endpoint, end.error) };
  }
  if (head !== null && !isSuccess(head)) return fail("bad status", describeStatus(head, redact(body)));
  const encoding = head === null ? null : encodingOf(head.headers);
  if (encoding !== null) {
    return fail(
      "not understood",
      `The server compressed the body (${oneLine(encoding)}), which was not asked for.`,
    );
  }
  if (stream?.over) return whyStreamFailed(stream, redact);
  const after = stream === null ? "" : afterWhat(stream);
  switch (end.how) {
    case "timeout":
      return {
        outcome: "timeout",
        failure: "timeout",
        error: `${endpoint.origin} had not finished after ${end.seconds} s (timeoutSeconds)${after}.`,
      };
    case "not http":
      if (head === null) return fail("not understood", describeNotHttp(endpoint, end.error));
      return incomplete("not understood", `The response broke off: ${end.error.message}${after}.`);
    case "cut": {
      if (!anyByte) return fail("reset", describeNoAnswer(endpoint, end.error));
      const before = stream === null ? "the end of the answer" : "[DONE]";
      if (end.error === null)
        return incomplete("cut stream", `The connection closed before ${before}${after}.`);
      return incomplete("reset", `The connection broke (${codeOf(end.error)}) before ${before}${after}.`);
    }
    case "complete":
      if (stream === null) {
        const why = whyNoAnswer(body, redact);
        return why === null ? null : { outcome: "error", ...why };
      }
      if (stream.events > 0)
        return incomplete("cut stream", `The server ended the stream without [DONE]${after}.`);
      return fail("not understood", describeNoStream(body, redact));
  }
}

/** What a stream that is over says itself, whatever came of the connection afterwards. */
function whyStreamFailed(stream: StreamScanner, redact: Redact): Failure | null {
  const { failure, events, hasToken, finishReason } = stream;
  if (failure?.kind === "error") {
    return fail(
      "error in stream",
      `The server reported an error in event ${events} of the stream: ${serverMessage(redact(failure.data))}`,
    );
  }
  if (failure?.kind === "not understood") {
    return fail(
      "not understood",
      `Event ${events} of the stream is not a JSON object: ${oneLine(redact(failure.data))}`,
    );
  }
  if (hasToken) return null;
  const reason = finishReason === null ? "" : `, finish_reason ${JSON.stringify(oneLine(finishReason))}`;
  return fail(
    "no content",
    `The stream ended well but held no token (${count(events)}${reason}): allow more tokens, or see the server's log.`,
  );
}

function describeNoStream(body: string, redact: Redact): string {
  if (body.trim() === "") return "The server answered with an empty body instead of an event stream.";
  if (whyNoAnswer(body, redact) === null)
    return "The server answered in one piece, though a stream was asked for.";
  return `The server did not answer with an event stream: ${JSON.stringify(oneLine(redact(body)).slice(0, 80))}.`;
}

const afterWhat = ({ events, chunks }: StreamScanner): string =>
  events === 0 ? "" : `, after ${count(events)}${chunks === 0 ? "" : `, ${chunks} of them with content`}`;

const count = (events: number): string => `${events} event${events === 1 ? "" : "s"}`;

const fail = (failure: FailureKind, error: string): Failure => ({ outcome: "error", failure, error });
const incomplete = (failure: FailureKind, error: string): Failure => ({
  outcome: "incomplete",
  failure,
  error,
});
