import { OptionError } from "../domain/errors/errors.js";
import { setOwn } from "../domain/json.js";
import type { Endpoint } from "./endpoint.js";

export type Headers = Readonly<Record<string, string>>;

/** Headers that this client computes itself; a caller's own value would break the framing. */
const OURS = new Set(["content-length", "transfer-encoding", "connection", "upgrade", "expect"]);

/**
 * The headers of every request to one server, names in lower case; a caller's header replaces ours.
 *
 * @throws OptionError for a name or value that HTTP does not allow; never shows the value.
 */
export function commonHeaders(endpoint: Endpoint, apiKey: string | null, extra: Headers): Headers {
  const headers: Record<string, string> = {
    host: endpoint.authority,
    "user-agent": "firsttoken",
    "accept-encoding": "identity",
  };
  if (apiKey !== null) {
    if (!isHeaderValue(apiKey))
      throw new OptionError("apiKey", "must be printable ASCII text", "[not shown]");
    headers.authorization = `Bearer ${apiKey}`;
  }
  for (const [name, value] of Object.entries(extra)) {
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) || OURS.has(name.toLowerCase())) {
      throw new OptionError("headers", "must have names that HTTP allows and this client does not set", name);
    }
    if (typeof value !== "string" || !isHeaderValue(value)) {
      throw new OptionError(`headers["${name}"]`, "must be printable ASCII text", "[not shown]");
    }
    setOwn(headers, name.toLowerCase(), value);
  }
  return headers;
}

const isHeaderValue = (value: string): boolean => /^[\t\x20-\x7e]*$/.test(value);

/** A complete request as bytes, in memory of its own or given, so that nothing is left to do once the clock runs. */
export function prepareRequest(
  method: "GET" | "POST" | "DELETE",
  path: string,
  headers: Headers,
  body: { readonly json: unknown; readonly accept: string } | null,
  allocate: (length: number) => Buffer = Buffer.allocUnsafe,
): Buffer {
  const payload = body === null ? "" : serialise(body.json);
  const bodyBytes = Buffer.byteLength(payload);
  const length = method === "GET" ? "" : `content-length: ${bodyBytes}\r\n`;
  const head = `${headOf(method, path, headers, body?.accept ?? null)}${length}\r\n`;
  const headBytes = Buffer.byteLength(head);
  // Not in one text: a long body would be copied to be joined with the head, and again to be encoded.
  const bytes = allocate(headBytes + bodyBytes);
  bytes.write(head);
  bytes.write(payload, headBytes);
  return bytes;
}

/** The last head with the same headers: most requests of a server go to one route. */
const lastHeads = new WeakMap<
  Headers,
  { readonly method: string; readonly path: string; readonly accept: string | null; readonly head: string }
>();

/** The head of a request up to its length; `accept` is null without a body. */
function headOf(method: string, path: string, headers: Headers, accept: string | null): string {
  const last = lastHeads.get(headers);
  if (last?.method === method && last.path === path && last.accept === accept) return last.head;
  const all: Headers = {
    accept: accept ?? "application/json",
    ...(accept === null ? {} : { "content-type": "application/json" }),
    ...headers,
  };
  let head = `${method} ${path} HTTP/1.1\r\n`;
  for (const name of Object.keys(all)) head += `${name}: ${all[name]}\r\n`;
  lastHeads.set(headers, { method, path, accept, head });
  return head;
}

function serialise(json: unknown): string {
  try {
    return JSON.stringify(json);
  } catch (error) {
    throw new OptionError("body", `must be JSON (${(error as Error).message.split("\n")[0]})`, json);
  }
}
