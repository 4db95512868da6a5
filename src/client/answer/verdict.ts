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

/** What had come of an answer when it ended, whoever read it; without secrets. */
export interface Received {
  readonly head: ResponseHead | null;
  /** A byte of it came. */
  readonly hasBegun: boolean;
  /** What was read of a stream; null where the answer was asked for in one piece. */
  readonly stream: Streamed | null;
  /** Its body in one piece, or the beginning of a body that held no event. */
  readonly body: string;
  /** Why a compressed body can't be read; null where it can, and where it is plain. */
  readonly unreadable: string | null;
}

/** A request that did not end well: how, why in a word that can be counted, and why in a sentence. */
export type Failed = Exclude<Ending, { readonly outcome: "ok" }> & { readonly failure: FailureKind };

/** How a request ended; `remark` says what an answer that ended well lacks. */
export type Verdict =
  | (Failed & { readonly remark: null })
  | { readonly outcome: "ok"; readonly failure: null; readonly error: null; readonly remark: string | null };

/**
 * The one rule of how a request ended, and its sentences, for the timed client, a load's streams and its whole answers: by the
 * answer's own words ({@link streamEnding}), and else by what came of the connection.
 *
 * What the server said comes without secrets; only bytes that are no HTTP are seen here first.
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

/** What the answer itself says of its end; null where it says nothing. */
function ownEnding({ stream, body }: Received, isWhole: boolean) {
  if (stream !== null) return streamEnding(stream, isWhole);
  return isWhole ? readWholeAnswer(body).ending : null;
}

const afterWhat = ({ events, hasContent }: Streamed): string =>
  events === 0 ? "" : `, after ${count(events, "event")}${hasContent ? ", the first token among them" : ""}`;

/** What a server sent all the time without getting to an end. */
function comeSoFar({ head, stream }: Received): string {
  if (head === null) return "; what it sent is not a complete response head";
  if (stream === null) return "; what it sent is no whole answer";
  return stream.events === 0 ? "; what it sent contains no event" : afterWhat(stream);
}

const failed = (outcome: Failed["outcome"], failure: FailureKind, error: string): Verdict => ({
  ...{ outcome, failure, error },
  remark: null,
});
