import {
  codeOf,
  describeNoAnswer,
  describeNotHttp,
  describeTimeout,
  describeTooLong,
  describeUnreachable,
} from "../../client/answer/connection-errors.js";
import { type Streamed, streamEnding } from "../../client/answer/ending.js";
import { describeNoStream, describeStatus } from "../../client/answer/verdict.js";
import { count } from "../../client/event/server-error.js";
import { toldLine } from "../../domain/plain-text.js";
import type { FailureKind, Outcome } from "../../domain/records/words.js";
import { type Redact, redactedBody, redactedValue } from "../../domain/secrets/redactor.js";
import { ConnectTimeout } from "../../wire/connection.js";
import { encodingOf } from "../../wire/decompress.js";
import type { Endpoint } from "../../wire/endpoint.js";
import type { TimeLimit } from "../../wire/exchange.js";
import { isSuccess, type ResponseHead, redactedHead } from "../../wire/http-head.js";
import type { ProtocolError } from "../../wire/http-response.js";
import type { TooLong } from "../../wire/too-long.js";
import type { StreamScanner } from "../stream/stream-scanner.js";
import { readWholeAnswer, type WholeAnswer } from "../stream/whole-answer.js";

/** How a request under load ended, on the wire. */
export type LoadEnd =
  | { readonly how: "complete" }
  | { readonly how: "cut"; readonly error: NodeJS.ErrnoException | null }
  | { readonly how: "not http"; readonly error: ProtocolError }
  | { readonly how: "too long"; readonly error: TooLong }
  | { readonly how: "timeout"; readonly limit: TimeLimit; readonly seconds: number }
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

/** What is known of a request that is over. */
export interface Judged {
  /** `null` for a good end: an answer that says itself that it is over, and that nothing failed. */
  readonly failure: Failure | null;
  /** A whole answer that ended well. */
  readonly answer: WholeAnswer | null;
  /** Of a whole answer; a stream's stands with its reader. */
  readonly finishReason: string | null;
}

/** How a request under load ended: an answer that is over by its own words, and else by what came of the connection. */
export function judge(endpoint: Endpoint, redact: Redact, end: LoadEnd, received: Received): Judged {
  const { stream, body, head } = received;
  const isWhole = end.how === "complete" && stream === null && head !== null && isSuccess(head);
  if (!isWhole || encodingOf(head.headers) !== null) {
    return { failure: whyFailed(endpoint, redact, end, received), answer: null, finishReason: null };
  }
  const answer = readWholeAnswer(body);
  if (!("failure" in answer)) return { failure: null, answer, finishReason: answer.finishReason };
  const said = readWholeAnswer(redactedBody(body, redact));
  const error = "failure" in said ? said.error : redact(answer.error);
  return { failure: fail(answer.failure, error), answer: null, finishReason: answer.finishReason };
}

function whyFailed(
  endpoint: Endpoint,
  redact: Redact,
  end: LoadEnd,
  { head, stream, anyByte, body }: Received,
): Failure | null {
  const other = () => redactedBody(body, redact);
  if (end.how === "unreachable") {
    const outcome = end.error instanceof ConnectTimeout ? "timeout" : "error";
    return { outcome, failure: "not connected", error: describeUnreachable(endpoint, end.error) };
  }
  if (head !== null && !isSuccess(head))
    return fail("bad status", describeStatus(redactedHead(head, redact), other()));
  const encoding = head === null ? null : encodingOf(head.headers);
  if (encoding !== null) {
    return fail(
      "not understood",
      `The server compressed the body (${toldLine(redact(encoding))}), which was not asked for.`,
    );
  }
  const own = stream === null ? null : streamEnding(withoutSecretsOf(stream, redact), end.how === "complete");
  if (own !== null) return own.outcome === "ok" ? null : fail(own.failure, own.error);
  const after = stream === null ? "" : afterWhat(stream);
  switch (end.how) {
    case "timeout":
      return {
        outcome: "timeout",
        failure: "timeout",
        error: describeTimeout(endpoint, end, after),
      };
    case "too long":
      return fail("not understood", describeTooLong(endpoint, end.error, after));
    case "not http":
      if (head === null) return fail("not understood", describeNotHttp(endpoint, end.error, redact));
      return incomplete("not understood", `The response broke off: ${end.error.message}${after}.`);
    case "cut": {
      if (!anyByte) return fail("reset", describeNoAnswer(endpoint, end.error));
      const before = stream === null ? "the end of the answer" : "[DONE]";
      if (end.error === null)
        return incomplete("cut stream", `The connection closed before ${before}${after}.`);
      return incomplete("reset", `The connection broke (${codeOf(end.error)}) before ${before}${after}.`);
    }
    case "complete":
      if (stream !== null && stream.events > 0)
        return incomplete("cut stream", `The server ended the stream without [DONE]${after}.`);
      return fail("not understood", describeNoStream(other()));
  }
}

/** What a stream said, without secrets. */
const withoutSecretsOf = (stream: Streamed, redact: Redact): Streamed => ({
  ...{ hasContent: stream.hasContent, hasReasoning: stream.hasReasoning, hasToken: stream.hasToken },
  ...{ events: stream.events, done: stream.done },
  finishReason: redactedValue(stream.finishReason, redact),
  failure:
    stream.failure === null ? null : { ...stream.failure, data: redactedBody(stream.failure.data, redact) },
});

const afterWhat = ({ events, chunks }: StreamScanner): string =>
  events === 0
    ? ""
    : `, after ${count(events, "event")}${chunks === 0 ? "" : `, ${chunks} of them with content`}`;

const fail = (failure: FailureKind, error: string): Failure => ({ outcome: "error", failure, error });
const incomplete = (failure: FailureKind, error: string): Failure => ({
  outcome: "incomplete",
  failure,
  error,
});
