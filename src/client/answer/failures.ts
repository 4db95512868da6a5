import { isObject, jsonValue } from "../../domain/json.js";
import { toldLine } from "../../domain/plain-text.js";
import type { Redact } from "../../domain/secrets/redactor.js";
import { ConnectTimeout } from "../../wire/connection.js";
import type { Endpoint } from "../../wire/endpoint.js";
import type { TimeLimit } from "../../wire/exchange.js";
import type { ResponseHead } from "../../wire/http-head.js";
import type { ProtocolError } from "../../wire/protocol-error.js";
import type { TooLong } from "../../wire/too-long.js";
import { sentence, serverMessage } from "../event/server-error.js";

/** Why no connection came about, and what to do: one sentence. */
export function describeUnreachable(endpoint: Endpoint, error: Error): string {
  const { origin, host, port } = endpoint;
  if (error instanceof ConnectTimeout) {
    return `${origin} did not take a connection (${error.message}): check the host, the port and any firewall.`;
  }
  const code = codeOf(error);
  switch (code) {
    case "ECONNREFUSED":
      return `Nothing listens at ${origin} (connection refused): start the server there, or correct the host and port.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `The host ${host} is not known (${code}): check its name and your network.`;
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "ETIMEDOUT":
      return `${origin} can't be reached (${code}): check the host and your network.`;
  }
  if (endpoint.secure) {
    if (code === "EPROTO" || code.startsWith("ERR_SSL_") || code === "ECONNRESET") {
      return `Port ${port} of ${host} does not answer TLS (${code}): if the server speaks plain HTTP, use ${origin.replace("https:", "http:")}.`;
    }
    if (/CERT|SIGNATURE|ALTNAME/.test(code)) {
      return `The certificate of ${origin} is not trusted (${code}): pass its authority as \`ca\`, or name the file in NODE_EXTRA_CA_CERTS.`;
    }
  }
  return `The connection to ${origin} failed (${code === "" ? toldLine(error.message) : code}): check the host and port.`;
}

/** What arrived is not HTTP/1.x, from its first byte on or within a response; what had arrived until then follows "after". */
export function describeBroken(
  endpoint: Endpoint,
  head: ResponseHead | null,
  error: ProtocolError,
  after: string,
  redact: Redact,
): string {
  if (head === null) return describeNotHttp(endpoint, error, redact);
  return `The response broke off: ${error.message}${after}.`;
}

function describeNotHttp(endpoint: Endpoint, error: ProtocolError, redact: Redact): string {
  const { origin } = endpoint;
  // A TLS record starts with its type (alert 21, handshake 22) and version 3.x.
  const [type, major] = error.start;
  if ((type === 21 || type === 22) && major === 3) {
    return `${origin} speaks TLS: use ${origin.replace("http:", "https:")}.`;
  }
  const start = toldLine(redact(error.start.toString("latin1"))).slice(0, 40);
  return `What answers at ${origin} does not speak HTTP/1.1 (${error.message}; it begins ${JSON.stringify(start)}): check the port.`;
}

/** An answer took longer than the limit; what had arrived until then, if anything, follows "after". */
export function describeTimeout(
  { origin }: Endpoint,
  { limit, seconds }: { readonly limit: TimeLimit; readonly seconds: number },
  after: string,
): string {
  return limit === "idle"
    ? `${origin} sent nothing for ${seconds} s (--idle_timeout_seconds, idleTimeoutSeconds)${after}.`
    : `${origin} had not finished after ${seconds} s (--timeout_seconds, timeoutSeconds)${after}.`;
}

/** A server sent more than the limit; what had arrived until then, if anything, follows "after". */
export const describeTooLong = ({ origin }: Endpoint, error: TooLong, after: string): string =>
  `${origin} sent more than this client reads: ${error.message}${after}.`;

/** The connection ended before the first byte of an answer. */
export function describeNoAnswer(endpoint: Endpoint, error: NodeJS.ErrnoException | null): string {
  const how = error === null ? "closed the connection" : `broke the connection (${codeOf(error)})`;
  const hint = endpoint.secure ? "" : `, and whether it wants ${endpoint.origin.replace("http:", "https:")}`;
  return `${endpoint.origin} ${how} without an answer: check the server's log${hint}.`;
}

/** The connection ended inside an answer, before its end; what had arrived until then follows "after". */
export function describeCut(error: NodeJS.ErrnoException | null, before: string, after: string): string {
  const how = error === null ? "closed" : `broke (${codeOf(error)})`;
  return `The connection ${how} before ${before}${after}.`;
}

/** A compressed body, or another named kind of answer. */
export const describeUnreadable = (why: string, what = "the body"): string =>
  `The server compressed ${what} although nothing asked for that, and it can't be read (${toldLine(why)}).`;

/** An HTTP status other than success, with the server's own words. */
export function describeStatus({ status, reason, headers }: ResponseHead, body: string): string {
  const said = serverMessage(body);
  const to = headers.location;
  if (status >= 300 && status < 400 && to !== undefined) {
    return `HTTP ${status}: the server redirects to ${toldLine(to)}; use that address instead.`;
  }
  return `HTTP ${status}: ${sentence(said || toldLine(reason) || "the server gave no reason")}`;
}

/** Describes a body without events. */
export function describeNoStream(body: string): string {
  if (/^(?:data|event|id|retry)?:/.test(body))
    return `The stream contains no completion chunk; it begins ${beginning(body)}.`;
  const value = jsonValue(body);
  if (isObject(value) && Array.isArray(value.choices))
    return "The server answered in one piece although a stream was requested: TTFT can't be measured.";
  return describeOther(body, "an event stream");
}

/** Describes a body that is not what was asked for. */
export function describeOther(body: string, wanted: "an event stream" | "a chat completion"): string {
  if (body.trim() === "") return `The server answered with an empty body instead of ${wanted}.`;
  return jsonValue(body) === undefined
    ? `The server did not answer with ${wanted}: ${beginning(body)}.`
    : `The server answered with JSON instead of ${wanted}: ${sentence(serverMessage(body))}`;
}

const beginning = (body: string): string => JSON.stringify(toldLine(body).slice(0, 80));

/** An error's code; connecting to several addresses of one host fails with an error that contains the others. */
function codeOf(error: Error): string {
  const own = (error as NodeJS.ErrnoException).code;
  if (own !== undefined) return own;
  return error instanceof AggregateError && error.errors[0] instanceof Error ? codeOf(error.errors[0]) : "";
}
