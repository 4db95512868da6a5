import { toldLine } from "./plain-text.js";

/** Which requests a server of ours answers. */
export interface Door {
  /** The address or name it listens at. */
  readonly host: string;
  /** Other names it answers to. */
  readonly allowedHosts: readonly string[];
}

/** The parts of a request that show who sends it; names in lower case, `undefined` for a missing header. */
export interface Caller {
  readonly method: string;
  /** The host in the request's target if that is a whole URL, else the `Host` header. */
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site`, which a page can't set. */
  readonly fetchSite: string | undefined;
  /** The address at which the connection came in. */
  readonly localAddress: string | undefined;
}

/** The parts of a request's target; `host` if it is a whole URL, as a proxy sends it. */
export interface Target {
  readonly host: string | undefined;
  readonly path: string;
  /** Without its question mark. */
  readonly query: string;
}

/**
 * Splits any request target: `//` and `*` are paths that lead nowhere, not errors.
 *
 * @example splitTarget("http://x:80/v1/models?all=1") // { host: "x:80", path: "/v1/models", query: "all=1" }
 */
export function splitTarget(target: string): Target {
  const [, host, rest = target] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(target) ?? [];
  const [, path = "", query = ""] = /^([^?#]*)\??([^#]*)/s.exec(rest)!;
  return { host, path: path === "" ? "/" : path, query };
}

/**
 * Why a request is not answered; `null` if it is.
 *
 * A web page can send requests to servers on its reader's machine: under a name of its own that resolves there (DNS
 * rebinding), or, if it need not read the answer, under theirs, with a content type that needs no permission (`text/plain`).
 * The first shows in `Host`, the second in `Origin` and `Sec-Fetch-Site`, which only browsers send.
 *
 * Source: RFC 9110, 7.2; Fetch, 3.2 (https://fetch.spec.whatwg.org/#origin-header); Fetch Metadata, 2.3.
 */
export function whyTurnedAway(
  { host, allowedHosts }: Door,
  { method, host: called, origin, fetchSite, localAddress }: Caller,
): string | null {
  if (called !== undefined && called !== "") {
    const name = hostName(called);
    if (name === null) return `${quote(called)} is not a host name.`;
    if (!isLoopback(name) && ![host, localAddress, ...allowedHosts].some((own) => isSame(own, name))) {
      return `This server answers to localhost and to the address it listens at, not to ${quote(name)}: allow that name with --allowed_host (allowedHosts).`;
    }
  }
  if (origin !== undefined && !isSameOrigin(origin, called)) {
    return `This server takes no requests from web pages of another origin, such as ${quote(origin)}.`;
  }
  const isForeign = /(^|[\s,])(cross|same)-site/i.test(fetchSite ?? "");
  if (isForeign && method !== "GET" && method !== "HEAD")
    return "This server takes no requests from web pages of another origin.";
  return null;
}

/** A name that a server may answer to: no port, no path, no pattern. */
export const HOST_NAME = /^(\[[\da-f:.]+\]|[\da-f]*:[\da-f:.]+|[\w.-]+)$/i;
export const HOST_RULE = "must be names or addresses without a port, such as host.docker.internal";

/** The name in a `Host` header, without port and final dot; `null` if it is not a name. */
function hostName(host: string): string | null {
  const name = /^(\[[\da-f:.]+\]|[^\s:/\\?#@[\]]+)(?::\d{0,5})?$/i.exec(host)?.[1];
  return name === undefined ? null : plainName(name);
}

const plainName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/^::ffff:(?=[\d.]+$)/, "")
    .replace(/\.$/, "");

const isSame = (own: string | undefined, name: string): boolean =>
  own !== undefined && plainName(own) === name;

const isLoopback = (name: string): boolean =>
  name === "localhost" || name.endsWith(".localhost") || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name);

/** Whether a page's origin is this server itself; `null`, as of a sandbox or a file, is not. */
function isSameOrigin(origin: string, called: string | undefined): boolean {
  const authority = /^https?:\/\/([^/]+)$/i.exec(origin)?.[1];
  return authority !== undefined && authority.toLowerCase() === called?.toLowerCase();
}

/** The first characters of a caller's text. */
const quote = (text: string): string => JSON.stringify(toldLine(text).slice(0, 80));
