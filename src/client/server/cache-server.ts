import type { Redact } from "../../domain/secrets/redactor.js";
import { parseEndpoint } from "../../wire/endpoint.js";
import type { ExchangeLimits } from "../../wire/exchange.js";
import { commonHeaders } from "../../wire/http-request.js";
import { createTransport } from "../../wire/transport.js";
import { type Call, createCall } from "./call.js";

/** The HTTP server of a KV store beside the one that is measured. */
export interface CacheServer {
  readonly call: Call;
  close(): void;
}

/**
 * Reaches a KV store's own HTTP server. It is another server than the measured one, so the key stays at home.
 *
 * @throws OptionError for an address that is none.
 */
export function connectCacheServer(
  url: string,
  limits: ExchangeLimits,
  ca: string | undefined,
  redact: Redact,
): CacheServer {
  const endpoint = parseEndpoint(url, "cacheServer");
  const transport = createTransport(endpoint, { timeoutSeconds: limits.idleTimeoutSeconds, ca });
  const call = createCall({
    endpoint,
    transport,
    headers: commonHeaders(endpoint, null, {}),
    limits,
    redact,
  });
  return { call, close: () => transport.close() };
}
