import { isObject } from "../../domain/json.js";
import { toldLine } from "../../domain/plain-text.js";
import type { Ending } from "../../domain/records/words.js";
import type { Redact } from "../../domain/secrets/redactor.js";
import type { Endpoint } from "../../wire/endpoint.js";
import type { Exchange } from "../../wire/exchange.js";
import { isSuccess, type ResponseHead } from "../../wire/http-head.js";
import { count, sentence, serverMessage } from "../event/server-error.js";
import type { BodyReport, Completion } from "./completion.js";
import {
  codeOf,
  describeNoAnswer,
  describeNotHttp,
  describeTimeout,
  describeTooLong,
} from "./connection-errors.js";
import { type OwnEnding, streamEnding } from "./ending.js";

/** How a timed completion ended, and what one that ended well lacks. */
export type Judgement = Ending & { readonly remark: string | null };

/**
 * How a streamed completion ended: by its own words ({@link streamEnding}), and else by what came of the connection.
 *
 * What the server said comes without secrets; only bytes that are no HTTP are seen here first.
 */
export function judge(endpoint: Endpoint, exchange: Exchange, report: BodyReport, redact: Redact): Judgement {
  const { head, end } = exchange;
  const { completion, other, unreadable } = report;
  if (head !== null && !isSuccess(head)) return error(describeStatus(head, other));
  if (unreadable !== null) {
    return error(
      `The server compressed the body, which was not asked for, and it can't be read (${toldLine(unreadable)}).`,
    );
  }
  const own = streamEnding(completion, end.how === "complete");
  if (own !== null) return ownEnding(own);
  switch (end.how) {
    case "timeout":
      return {
        outcome: "timeout",
        error: describeTimeout(
          endpoint,
          end,
          exchange.firstByte === null ? "" : comeSoFar(exchange, completion),
        ),
        remark: null,
      };
    case "too long":
      return error(describeTooLong(endpoint, end.error, after(completion)));
    case "not http":
      if (head === null) return error(describeNotHttp(endpoint, end.error, redact));
      return incomplete(`The response broke off: ${end.error.message}${after(completion)}.`);
    case "cut": {
      if (exchange.firstByte === null) return error(describeNoAnswer(endpoint, end.error));
      const how = end.error === null ? "closed" : `broke (${codeOf(end.error)})`;
      return incomplete(`The connection ${how} before [DONE]${after(completion)}.`);
    }
    default:
      if (completion.events === 0) return error(describeNoStream(other));
      return incomplete(`The server ended the stream without [DONE]${after(completion)}.`);
  }
}

/** An HTTP status that is no success, with the server's own words. */
export function describeStatus({ status, reason, headers }: ResponseHead, body: string): string {
  const said = serverMessage(body);
  const to = headers.location;
  if (status >= 300 && status < 400 && to !== undefined) {
    return `HTTP ${status}: the server redirects to ${toldLine(to)}; give that address instead.`;
  }
  return `HTTP ${status}: ${sentence(said || toldLine(reason) || "the server gave no reason")}`;
}

/** What a body is that holds no event. */
export function describeNoStream(body: string): string {
  if (body.trim() === "") return "The server answered with an empty body instead of an event stream.";
  if (/^(?:data|event|id|retry)?:/.test(body))
    return `No event of the stream is a chunk of a completion; it begins ${JSON.stringify(toldLine(body).slice(0, 80))}.`;
  try {
    const value: unknown = JSON.parse(body);
    if (isObject(value) && Array.isArray(value.choices)) {
      return "The server answered in one piece, though a stream was asked for: TTFT can't be measured.";
    }
    return `The server answered with JSON instead of an event stream: ${sentence(serverMessage(body))}`;
  } catch {
    return `The server did not answer with an event stream: ${JSON.stringify(toldLine(body).slice(0, 80))}.`;
  }
}

const after = ({ events, firstContent }: Completion): string =>
  events === 0
    ? ""
    : `, after ${count(events, "event")}${firstContent === null ? "" : ", the first token among them"}`;

/** What a server sent all the time without getting to an end. */
const comeSoFar = ({ head }: Exchange, completion: Completion): string =>
  head === null
    ? "; what it sent is no whole head of an answer"
    : completion.events === 0
      ? "; what it sent holds no event of an answer"
      : after(completion);

const ownEnding = (own: OwnEnding): Judgement =>
  own.outcome === "ok" ? { outcome: "ok", error: null, remark: own.remark } : error(own.error);

const error = (message: string): Judgement => ({ outcome: "error", error: message, remark: null });
const incomplete = (message: string): Judgement => ({ outcome: "incomplete", error: message, remark: null });
