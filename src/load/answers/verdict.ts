import {
  readWholeAnswer,
  type Streamed,
  streamEnding,
  type WholeAnswer,
} from "../../client/answer/ending.js";
import { type Failed, judge, notConnected, type Received } from "../../client/answer/verdict.js";
import { type Redact, redactedBody, redactedValue } from "../../domain/secrets/redactor.js";
import { encodingOf } from "../../wire/decompress.js";
import type { Endpoint } from "../../wire/endpoint.js";
import type { ExchangeEnd } from "../../wire/exchange.js";
import { isSuccess, redactedHead } from "../../wire/http-head.js";

/** How a request under load ended, on the wire. */
export type LoadEnd = ExchangeEnd | { readonly how: "unreachable"; readonly error: Error };

export const COMPLETE: LoadEnd = { how: "complete" };

/** What is known about a finished request. */
export interface Judged {
  /** `null` for a good end: an answer that says itself that it is over, and that nothing failed. */
  readonly failure: Failed | null;
  /** What an answer that ended well lacks. */
  readonly remark: string | null;
  /** What a whole answer said; null for a stream, whose reader knows it, and if none came. */
  readonly answer: WholeAnswer | null;
}

/** What had arrived of an answer, unredacted. */
export type Unredacted = Omit<Received, "unreadable">;

const ENDED_WELL: Judged = { failure: null, remark: null, answer: null };

/**
 * How a request under load ended, by the rule of {@link judge}. Most end well; the body is searched for secrets only if one
 * does not.
 */
export function judgeLoaded(endpoint: Endpoint, redact: Redact, end: LoadEnd, received: Unredacted): Judged {
  const { head, stream, body } = received;
  // Most streams end well and without a remark, so there is no text to remove secrets from.
  if (stream !== null && head !== null && isSuccess(head) && encodingOf(head.headers) === null) {
    const ending = streamEnding(stream, end.how === "complete");
    if (ending?.outcome === "ok" && ending.remark === null) return ENDED_WELL;
  }
  const isWhole = end.how === "complete" && stream === null && head !== null && isSuccess(head);
  const answer = isWhole && encodingOf(head.headers) === null ? readWholeAnswer(body) : null;
  if (answer?.ending.outcome === "ok") {
    return { failure: null, remark: remarkOf(answer, redact), answer };
  }
  const verdict =
    end.how === "unreachable"
      ? notConnected(endpoint, end.error, redact)
      : judge(endpoint, end, withoutSecrets(received, redact), redact);
  return {
    failure: verdict.outcome === "ok" ? null : failedOf(verdict),
    remark: verdict.remark,
    answer,
  };
}

/** What a whole answer that ended well lacks, without secrets. */
export const remarkOf = ({ ending }: WholeAnswer, redact: Redact): string | null =>
  ending.outcome === "ok" && ending.remark !== null ? redact(ending.remark) : null;

const failedOf = ({ outcome, failure, error }: Failed): Failed => ({ outcome, failure, error });

function withoutSecrets({ head, hasBegun, stream, body }: Unredacted, redact: Redact): Received {
  const encoding = head === null ? null : encodingOf(head.headers);
  return {
    head: head === null || isSuccess(head) ? head : redactedHead(head, redact),
    hasBegun,
    stream: stream === null ? null : streamWithoutSecrets(stream, redact),
    get body() {
      return redactedBody(body, redact);
    },
    // Decompressing it would take time from other requests.
    unreadable: encoding === null ? null : `${redact(encoding)}: under load, none is unpacked`,
  };
}

const streamWithoutSecrets = (stream: Streamed, redact: Redact): Streamed => ({
  ...{ hasContent: stream.hasContent, hasReasoning: stream.hasReasoning, hasToken: stream.hasToken },
  ...{ events: stream.events, done: stream.done },
  finishReason: redactedValue(stream.finishReason, redact),
  failure:
    stream.failure === null ? null : { ...stream.failure, data: redactedBody(stream.failure.data, redact) },
});
