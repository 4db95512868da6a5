import { redactedBody } from "../domain/redacted-values.js";
import type { Redact } from "../domain/redactor.js";
import { decompress, encodingOf } from "./decompress.js";
import { type Endpoint, withQuery } from "./endpoint.js";
import type { BodyReader, ExchangeLimits } from "./exchange.js";
import { isSuccess, redactedHead } from "./http-head.js";
import { type Headers, prepareRequest } from "./http-request.js";
import { Recording } from "./recording.js";
import { oneLine } from "./server-message.js";
import type { Transport } from "./transport.js";
import { describeNoAnswer, describeNotHttp, describeUnreachable } from "./trouble.js";
import { describeStatus } from "./verdict.js";

export interface Answered {
  readonly how: "answered";
  readonly status: number;
  /** Names in lower case; secrets removed, as from the body. */
  readonly headers: Headers;
  readonly body: string;
  /** The server's own words for an error message: one line. */
  readonly said: string;
}

/** An untimed request's answer, or one sentence why there is none. */
export type Answer =
  | Answered
  | { readonly how: "failed"; readonly reason: string; readonly cause: Error | null };

/** Makes one untimed request: model lists, token counts, cache resets. */
export type Call = (method: "GET" | "POST" | "DELETE", path: string, json?: unknown) => Promise<Answer>;

export interface CallContext {
  readonly endpoint: Endpoint;
  readonly transport: Transport;
  readonly headers: Headers;
  readonly limits: ExchangeLimits;
  readonly redact: Redact;
}

export function createCall({ endpoint, transport, headers, limits, redact }: CallContext): Call {
  const fail = (reason: string, cause: Error | null = null): Answer => ({
    how: "failed",
    reason: redact(reason),
    cause,
  });
  return async (method, path, json) => {
    const body = method !== "POST" ? null : { json: json ?? {}, accept: "application/json" };
    const { sent, reader } = await transport.send(
      prepareRequest(method, withQuery(endpoint, path), headers, body),
      keepBody,
      limits,
      "repeatable",
    );
    if (sent.how === "unreachable") {
      return fail(describeUnreachable(endpoint, sent.error), sent.error);
    }
    const { end, firstByte } = sent.exchange;
    const head = redactedHead(sent.exchange.head, redact);
    switch (end.how) {
      case "timeout":
        return fail(`${endpoint.origin} did not answer ${method} ${path} within ${end.seconds} s.`);
      case "not http":
        return fail(describeNotHttp(endpoint, end.error, redact), end.error);
      case "cut":
        if (firstByte === null) return fail(describeNoAnswer(endpoint, end.error), end.error);
        return fail(
          `The connection to ${endpoint.origin} closed inside the answer to ${method} ${path}.`,
          end.error,
        );
    }
    if (head === null) return fail(`${endpoint.origin} gave no answer to ${method} ${path}.`);
    const encoding = encodingOf(head.headers);
    try {
      const plain = encoding === null ? reader.recording : await decompress(encoding, reader.recording);
      const body = redactedBody(plain.text(), redact);
      const said = isSuccess(head) ? oneLine(body) : describeStatus(head, body);
      return { how: "answered", status: head.status, headers: head.headers, body, said };
    } catch (error) {
      return fail(
        `The answer to ${method} ${path} is compressed and can't be read (${oneLine(encoding ?? "")}).`,
        error as Error,
      );
    }
  };
}

function keepBody(): BodyReader & { readonly recording: Recording } {
  const recording = new Recording();
  return { recording, onBody: (at, bytes, start, end) => recording.append(at, bytes, start, end) };
}
