import { splitTarget } from "../../domain/http-door.js";

/** A request that is not served, and the status that says so. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What of a request's head decides how it is read and answered. */
export interface RequestHead {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The host it calls, and the headers by which a browser says for which page. */
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  /** HTTP/1.`minor`: to 1.0 nothing may be sent in chunks. */
  readonly minor: number;
  /** Whether the connection goes on after the answer. */
  readonly keepAlive: boolean;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
  /** Where the body ends (RFC 9112, 6.3). */
  readonly body: "chunked" | { readonly bytes: number };
}

const TOKEN = "[!#$%&'*+\\-.^_`|~\\w]+";
const REQUEST_LINE = new RegExp(`^(${TOKEN}) (\\S+) HTTP/(\\d)\\.(\\d)$`);
const HEADER_LINE = new RegExp(`^(${TOKEN}):(.*)$`);

/**
 * Reads the lines of a request's head, without their ends.
 *
 * @throws HttpError 400 for what is not a request, 417, 501 and 505 for what HTTP knows and this server does not.
 */
export function parseRequestHead(lines: readonly string[]): RequestHead {
  const first = REQUEST_LINE.exec(lines[0] ?? "");
  if (first === null) throw new HttpError(400, "The request line is not valid HTTP.");
  if (first[3] !== "1") throw new HttpError(505, "This server speaks HTTP/1.0 and HTTP/1.1.");
  const minor = first[4] === "0" ? 0 : 1;
  let length: string | undefined;
  let encoding: string | undefined;
  let expects: string | undefined;
  let connection = "";
  let [host, origin, fetchSite]: (string | undefined)[] = [];
  for (let i = 1; i < lines.length; i++) {
    const header = HEADER_LINE.exec(lines[i]!);
    if (header === null) throw new HttpError(400, "A header line is malformed.");
    const value = header[2]!.trim();
    switch (header[1]!.toLowerCase()) {
      case "content-length":
        length = sameLength(length, value);
        break;
      case "transfer-encoding":
        encoding = encoding === undefined ? value : `${encoding}, ${value}`;
        break;
      case "connection":
        connection += `,${value.toLowerCase()}`;
        break;
      case "expect":
        expects = value.toLowerCase();
        break;
      case "host":
        if (host !== undefined) throw new HttpError(400, "There are two Host headers.");
        host = value;
        break;
      case "origin":
        origin = origin === undefined ? value : `${origin}, ${value}`;
        break;
      case "sec-fetch-site":
        fetchSite = fetchSite === undefined ? value : `${fetchSite}, ${value}`;
    }
  }
  if (expects !== undefined && expects !== "100-continue") {
    throw new HttpError(417, "The only expectation supported here is 100-continue.");
  }
  const target = splitTarget(first[2]!);
  return {
    method: first[1]!,
    path: target.path,
    host: target.host ?? host,
    origin,
    fetchSite,
    minor,
    keepAlive: minor === 1 ? !has(connection, "close") : has(connection, "keep-alive"),
    expectsContinue: expects !== undefined && minor === 1,
    body: framing(minor, length, encoding),
  };
}

function sameLength(earlier: string | undefined, value: string): string {
  if (!/^\d{1,15}$/.test(value) || (earlier !== undefined && earlier !== value)) {
    throw new HttpError(400, "The content-length is not a single number.");
  }
  return value;
}

/** Two lengths are how requests are smuggled past a proxy; RFC 9112 lets a server refuse them, and this one does. */
function framing(minor: number, length: string | undefined, encoding: string | undefined) {
  if (encoding === undefined) return { bytes: Number(length ?? 0) };
  if (length !== undefined || minor === 0) {
    throw new HttpError(400, "A transfer-encoding is used beside a content-length, or in HTTP/1.0.");
  }
  if (encoding.toLowerCase() !== "chunked") {
    throw new HttpError(501, "The only transfer-encoding supported here is chunked.");
  }
  return "chunked";
}

const has = (list: string, option: string): boolean =>
  list.split(",").some((entry) => entry.trim() === option);
