import { toldLine } from "../../domain/plain-text.js";
import { type Redact, redactedBody } from "../../domain/secrets/redactor.js";
import { decompress, encodingOf } from "../../wire/decompress.js";
import { type Endpoint, withQuery } from "../../wire/endpoint.js";
import type { BodyReader, ExchangeLimits } from "../../wire/exchange.js";
import { isSuccess, redactedHead } from "../../wire/http-head.js";
import { type Headers, prepareRequest } from "../../wire/http-request.js";
import { Recording, type Visit } from "../../wire/recording.js";
import { MOST, megabytes, TooLong } from "../../wire/too-long.js";
import type { Transport } from "../../wire/transport.js";
import {
  describeBroken,
  describeCut,
  describeNoAnswer,
  describeStatus,
  describeTooLong,
  describeUnreachable,
  describeUnreadable,
} from "../answer/failures.js";

export interface Answered {
  readonly how: "answered";
  readonly status: number;
  /** Names in lower case; secrets are removed, as from the body. */
  readonly headers: Headers;
  readonly body: string;
  /** The server's own words for an error message: one line. */
  readonly said: string;
}

/** The answer to an untimed request, or a sentence that says why there is none. */
export type Answer =
  | Answered
  | { readonly how: "failed"; readonly reason: string; readonly cause: Error | null };

/** Makes one untimed request: model lists, token counts, cache resets. */
export type Call = (
  method: "GET" | "POST" | "DELETE",
  path: string,
  json?: unknown,
  /** Reads the body line by line and leaves only wanted lines in `body`, for a body of any length. */
  isWanted?: (line: string) => boolean,
) => Promise<Answer>;

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
  return async (method, path, json, isWanted) => {
    const body = method !== "POST" ? null : { json: json ?? {}, accept: "application/json" };
    const { sent, reader } = await transport.send(
      prepareRequest(method, withQuery(endpoint, path), headers, body),
      () => (isWanted === undefined ? keepBody() : keepLines(isWanted)),
      limits,
      // Completions are not sent twice here either.
      path.includes("/completions") ? undefined : "repeatable",
    );
    if (sent.how === "unreachable") {
      return fail(describeUnreachable(endpoint, sent.error), sent.error);
    }
    const { end, firstByte } = sent.exchange;
    const head = redactedHead(sent.exchange.head, redact);
    const what = `the answer to ${method} ${endpoint.origin}${path}`;
    switch (end.how) {
      case "timeout":
        return fail(`${endpoint.origin} did not answer ${method} ${path} within ${end.seconds} s.`);
      case "too long":
        return fail(describeTooLong(endpoint, end.error, ` in ${what}`), end.error);
      case "not http":
        return fail(describeBroken(endpoint, head, end.error, ` in ${what}`, redact), end.error);
      case "cut":
        if (firstByte === null) return fail(describeNoAnswer(endpoint, end.error), end.error);
        return fail(describeCut(end.error, `the end of ${what}`, ""), end.error);
    }
    if (head === null) return fail(`${endpoint.origin} gave no answer to ${method} ${path}.`);
    const encoding = encodingOf(head.headers);
    try {
      const body = redactedBody(await reader.body(encoding), redact);
      const said = isSuccess(head) ? toldLine(body) : describeStatus(head, body);
      return { how: "answered", status: head.status, headers: head.headers, body, said };
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof TooLong) return fail(describeTooLong(endpoint, error, ` in ${what}`), error);
      return fail(describeUnreadable(`${encoding}: ${message}`, what), error as Error);
    }
  };
}

/** Keeps a body, whole or in part. */
interface KeptBody extends BodyReader {
  /** The part that was kept, as text. Rejects if it can't be decompressed, and with TooLong. */
  body(encoding: string | null): Promise<string>;
}

function keepBody(): KeptBody {
  const recording = new Recording();
  return {
    onBody(at, bytes, start, end) {
      recording.append(at, bytes, start, end);
      if (recording.length > MOST.bodyBytes) throw new TooLong(`more than ${megabytes(MOST.bodyBytes)}`);
    },
    body: async (encoding) => (encoding === null ? recording : await decompress(encoding, recording)).text(),
  };
}

/** A compressed body is kept whole, and read by lines once it is complete. */
function keepLines(isWanted: (line: string) => boolean): KeptBody {
  const lines = filterLines(isWanted);
  const packed = new Recording();
  return {
    onBody(at, bytes, start, end, head) {
      if (encodingOf(head.headers) === null) lines.read(at, bytes, start, end);
      else packed.append(at, bytes, start, end);
      if (packed.length > MOST.bodyBytes) throw new TooLong(`more than ${megabytes(MOST.bodyBytes)}`);
    },
    async body(encoding) {
      if (encoding !== null) (await decompress(encoding, packed)).replay(lines.read);
      return lines.text();
    },
  };
}

/** Reads a text line by line, and keeps the wanted lines. */
export interface LineFilter {
  /** @throws TooLong for a line that is too long, and for too many wanted lines. */
  readonly read: Visit;
  /** The kept lines, including a last one without a line end. */
  text(): string;
}

/** Keeps the lines for which `isWanted` is true, of a text of any length; lines end in LF. */
function filterLines(isWanted: (line: string) => boolean): LineFilter {
  let begun = "";
  let kept = "";
  const take = (line: string): void => {
    if (line.length > MOST.lineBytes) throw new TooLong(`a line of more than ${megabytes(MOST.lineBytes)}`);
    if (isWanted(line)) kept += `${line}\n`;
    if (kept.length > MOST.linesBytes)
      throw new TooLong(`more than ${megabytes(MOST.linesBytes)} of what was asked for`);
  };
  return {
    read(_at, bytes, start, end) {
      const lines = (begun + bytes.toString("latin1", start, end)).split("\n");
      begun = lines.pop()!;
      for (const line of lines) take(line);
      if (begun.length > MOST.lineBytes) take(begun);
    },
    text() {
      take(begun);
      begun = "";
      return Buffer.from(kept, "latin1").toString("utf8");
    },
  };
}
