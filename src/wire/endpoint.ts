import { OptionError } from "../domain/errors/errors.js";
import { isSecretName } from "../domain/secrets/named-secrets.js";

/** A server's address, split into the parts for opening a connection and for a request line. */
export interface Endpoint {
  readonly secure: boolean;
  /** Host name or address, an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
  /** `host:port` as the Host header has it. */
  readonly authority: string;
  /** Scheme and authority: `http://localhost:8000`. */
  readonly origin: string;
  /** Path of the OpenAI routes, without a trailing slash: `/v1`. */
  readonly basePath: string;
  /** Path of the server's own routes (`/tokenize`, …): the base path without its `/v1`. */
  readonly rootPath: string;
  /** The query at the end of every request's path, such as Azure's `?api-version=2024-10-21`; empty if there is none. */
  readonly query: string;
  /** Origin and base path: `http://localhost:8000/v1`. */
  readonly url: string;
}

/** A request as sent over the wire, made before any clock starts. Its bytes contain the key and are never shown. */
export interface PostedRequest {
  readonly endpoint: Endpoint;
  readonly bytes: Uint8Array;
  /** The secrets to remove from the server's words about it. */
  readonly secrets: readonly string[];
}

/** Azure's functions take their key as `code`. */
const isSecretParameter = (name: string): boolean => isSecretName(name) || /^code$/i.test(name);

/**
 * A path with the endpoint's query.
 *
 * @example withQuery({ query: "?api-version=1" }, "/metrics?all=1") // "/metrics?all=1&api-version=1"
 */
export function withQuery({ query }: Pick<Endpoint, "query">, path: string): string {
  return path.includes("?") ? path + query.replace(/^\?/, "&") : path + query;
}

/**
 * Reads a base URL; without a path, `/v1` is added.
 *
 * A query, such as Azure's `?api-version=…`, is sent with every request.
 *
 * @throws OptionError if it is not an http(s) URL, or contains a password, a key or a fragment.
 * @example parseEndpoint("http://localhost:8000").url // "http://localhost:8000/v1"
 */
export function parseEndpoint(server: string, option = "server"): Endpoint {
  const url = URL.canParse(server) ? new URL(server) : null;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:") || url.hostname === "") {
    throw new OptionError(option, 'must be a URL such as "http://localhost:8000/v1"', server);
  }
  if (url.username !== "" || url.password !== "") {
    throw new OptionError(
      option,
      "must not hold a user name or password (use apiKey or headers)",
      url.origin,
    );
  }
  const plain = `${url.origin}${url.pathname}`;
  if (url.hash !== "") throw new OptionError(option, 'must end without "#"', plain);
  const secret = [...url.searchParams.keys()].find(isSecretParameter);
  if (secret !== undefined) {
    throw new OptionError(option, `must not hold a key as ${secret} (use apiKey or headers)`, plain);
  }
  const secure = url.protocol === "https:";
  const path = url.pathname.replace(/\/+$/, "");
  const basePath = path === "" ? "/v1" : path;
  return {
    secure,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    authority: url.host,
    origin: url.origin,
    basePath,
    rootPath: basePath.replace(/\/v1$/, ""),
    query: url.search,
    url: `${url.origin}${basePath}`,
  };
}
