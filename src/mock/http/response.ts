import { STATUS_CODES } from "node:http";
import type { RequestHead } from "./request-head.js";

/** One step of an answer: bytes, a wait, or an abnormal end of the connection. */
export type Step =
  | { readonly write: string }
  | { readonly waitSeconds: number }
  /** `close` after what was written; `reset` at once; `stall`: nothing more, until the client gives up. */
  | { readonly end: "close" | "reset" | "stall" };

/** An answer, worked out only as it is sent: what it says of the time is true then. */
export type Answer = Iterator<Step, void>;

/** What of a request decides how its response is framed. */
type Framed = Pick<RequestHead, "method" | "minor" | "keepAlive">;

/** A whole JSON response; to HEAD without its body. */
export function jsonResponse(head: Framed, status: number, body: string): string {
  const length = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
  const start = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n${length}${connection(head)}\r\n`;
  return head.method === "HEAD" ? start : start + body;
}

/** An error in OpenAI's shape. */
export function errorBody(status: number, message: string): string {
  const type = status === 429 ? "rate_limit_error" : status >= 500 ? "server_error" : "invalid_request_error";
  return JSON.stringify({ error: { message, type, param: null, code: status } });
}

const EVENT_STREAM =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n";

/** The head of a stream of events: in chunks, or to HTTP/1.0 until the connection closes. */
export function streamHead({ minor, keepAlive }: Framed): string {
  if (minor === 0) return `${EVENT_STREAM}connection: close\r\n\r\n`;
  return `${EVENT_STREAM}transfer-encoding: chunked\r\n${keepAlive ? "" : "connection: close\r\n"}\r\n`;
}

/** One server-sent event as a part of a stream's body. */
export function event({ minor }: Framed, data: string): string {
  const text = `data: ${data}\n\n`;
  return minor === 0 ? text : `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

/** What ends the body of a stream. */
export const streamEnd = ({ minor }: Framed): string => (minor === 0 ? "" : "0\r\n\r\n");

/** Only what differs from the version's own way is said. */
function connection({ minor, keepAlive }: Framed): string {
  if (keepAlive) return minor === 0 ? "connection: keep-alive\r\n" : "";
  return "connection: close\r\n";
}
