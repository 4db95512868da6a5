import { own, setOwn } from "../domain/json.js";
import { plainLine } from "../domain/plain-text.js";
import { type Redact, redactedValue } from "../domain/secrets/redactor.js";

/** Status line and headers of a response; header names in lower case, repeated ones joined by ", ". */
export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  /** HTTP/1.`minor`. */
  readonly minor: number;
  readonly headers: Readonly<Record<string, string>>;
}

export const isSuccess = (head: ResponseHead): boolean => head.status >= 200 && head.status < 300;

/** A head with secrets removed. */
export const redactedHead = <H extends ResponseHead | null>(head: H, redact: Redact): H =>
  redactedValue(head, redact);

/** Reads the lines of a head, or says briefly what is wrong with them. */
export function parseHead(lines: readonly string[]): ResponseHead | string {
  const [first = "", ...rest] = lines;
  const match = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/.exec(first);
  if (match === null) return "not an HTTP/1.x response";
  const headers: Record<string, string> = {};
  for (const line of rest) {
    const colon = line.indexOf(":");
    if (colon < 0) return "a header line has no colon";
    const name = line.slice(0, colon).toLowerCase();
    if (!/^[!#$%&'*+\-.^_`|~\w]+$/.test(name)) return "a header line has no name";
    const value = plainLine(line.slice(colon + 1)).trim();
    const earlier = own(headers, name);
    setOwn(headers, name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return { status: Number(match[2]), reason: match[3]?.trim() ?? "", minor: Number(match[1]), headers };
}

/** Where a body ends (RFC 9112, 6.3): at once, by chunks, after a number of bytes, or with the connection. */
export type Framing = "empty" | "chunked" | "until close" | { readonly bytes: number };

/** How the body after a head is framed; `null` if its content-length is not one number. */
export function framingOf({ status, headers }: ResponseHead): Framing | null {
  if (status === 204 || status === 304) return "empty";
  const encoding = headers["transfer-encoding"];
  if (encoding !== undefined) return /\bchunked\s*$/i.test(encoding) ? "chunked" : "until close";
  const length = headers["content-length"];
  if (length === undefined) return "until close";
  const [bytes, ...others] = new Set(length.split(",").map((part) => part.trim()));
  if (others.length > 0 || bytes === undefined || !/^\d{1,15}$/.test(bytes)) return null;
  return bytes === "0" ? "empty" : { bytes: Number(bytes) };
}

/** Whether the connection may carry another request after this response. */
export function keepsAlive({ minor, headers }: ResponseHead): boolean {
  const connection = headers.connection?.toLowerCase() ?? "";
  return minor === 1 ? !connection.includes("close") : connection.includes("keep-alive");
}
