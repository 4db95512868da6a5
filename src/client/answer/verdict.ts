import type { Ending, FailureKind } from "../../domain/records/words.js";
import type { Redact } from "../../domain/secrets/redactor.js";
import { ConnectTimeout } from "../../wire/connection.js";
import type { Endpoint } from "../../wire/endpoint.js";
import type { ExchangeEnd } from "../../wire/exchange.js";
import { isSuccess, type ResponseHead } from "../../wire/http-head.js";
import { count } from "../event/server-error.js";
import { readWholeAnswer, type Streamed, streamEnding } from "./ending.js";
import {
  describeBroken,
  describeCut,
  describeNoAnswer,
  describeNoStream,
  describeStatus,
  describeTimeout,
  describeTooLong,
  describeUnreachable,
  describeUnreadable,
} from "./failures.js";

/** What had arrived of an answer when it ended, without secrets. */
export interface Received {
  readonly head: ResponseHead | null;
  /** At least one byte arrived. */
  readonly hasBegun: boolean;
  /** What was read of a stream; null if the answer was not to be streamed. */
  readonly stream: Streamed | null;
  /** The body of an answer that was not streamed, or the beginning of a body without events. */
  readonly body: string;
  /** Why a compressed body can't be read; null if it can, or if it is not compressed. */
  readonly unreadable: string | null;
}

/** A request that did not end well: how it ended, and why, in a word that can be counted and in a sentence. */
export type Failed = Exclude<Ending, { readonly outcome: "ok" }> & { readonly failure: FailureKind };

/** How a request ended; `remark` says what is missing from an answer that ended well. */
export type Verdict =
  | (Failed & { readonly remark: null })
  | { readonly outcome: "ok"; readonly failure: null; readonly error: null; readonly remark: string | null };

/**
 * The one rule for how a request ended, and its sentences, for timed requests, streams under load and whole answers: by the
 * answer's own words ({@link streamEnding}), otherwise by what happened to the connection.
 *
 * The server's words arrive with secrets removed; only bytes that are not HTTP are first seen here.
 */
export function judge(endpoint: Endpoint, end: ExchangeEnd, received: Received, redact: Redact): Verdict {
  const { head, hasBegun, stream, unreadable } = received;
  if (head !== null && !isSuccess(head))
    return failed("error", "bad status", describeStatus(head, received.body));
  if (unreadable !== null) return failed("error", "not understood", describeUnreadable(unreadable));
  const own = ownEnding(received, end.how === "complete");
  if (own?.outcome === "ok") return { outcome: "ok", failure: null, error: null, remark: own.remark };
  if (own !== null) return failed("error", own.failure, own.error);
  const after = stream === null ? "" : afterWhat(stream);
  switch (end.how) {
    case "timeout":
      return failed(
        "timeout",
        "timeout",
        describeTimeout(endpoint, end, hasBegun ? comeSoFar(received) : ""),
      );
    case "too long":
      return failed("error", "not understood", describeTooLong(endpoint, end.error, after));
    case "not http": {
      const outcome = head === null ? "error" : "incomplete";
      return failed(outcome, "not understood", describeBroken(endpoint, head, end.error, after, redact));
    }
    case "cut": {
      if (!hasBegun) return failed("error", "reset", describeNoAnswer(endpoint, end.error));
      const before = stream === null ? "the end of the answer" : "[DONE]";
      const failure = end.error === null ? "cut stream" : "reset";
      return failed("incomplete", failure, describeCut(end.error, before, after));
    }
    default:
      if (stream === null || stream.events === 0)
        return failed("error", "not understood", describeNoStream(received.body));
      return failed("incomplete", "cut stream", `The server ended the stream without [DONE]${after}.`);
  }
}

/** The same for a request that found no connection. */
export function notConnected(endpoint: Endpoint, error: Error, redact: Redact): Verdict {
  const outcome = error instanceof ConnectTimeout ? "timeout" : "error";
  return failed(outcome, "not connected", redact(describeUnreachable(endpoint, error)));
}

/** What the answer itself says about its end; null if it says nothing. */
function ownEnding({ stream, body }: Received, isWhole: boolean) {
  if (stream !== null) return streamEnding(stream, isWhole);
  return isWhole ? readWholeAnswer(body).ending : null;
}

const afterWhat = ({ events, hasContent }: Streamed): string =>
  events === 0 ? "" : `, after ${count(events, "event")}${hasContent ? ", the first token among them" : ""}`;

/** What a server kept sending without coming to an end. */
function comeSoFar({ head, stream }: Received): string {
  if (head === null) return "; what it sent is not a complete response head";
  if (stream === null) return "; what it sent is no whole answer";
  return stream.events === 0 ? "; what it sent contains no event" : afterWhat(stream);
}

const failed = (outcome: Failed["outcome"], failure: FailureKind, error: string): Verdict => ({
  ...{ outcome, failure, error },
  remark: null,
});
