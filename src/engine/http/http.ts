import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Door, splitTarget, whyTurnedAway } from "../../domain/http-door.js";
import { ApiError } from "./api-error.js";

/** One request on its way to an answer. */
export interface Exchange {
  readonly query: URLSearchParams;
  /** When the request's headers were read, on `performance.now()`'s clock. */
  readonly arrivedMs: number;
  /** Aborted when the client has gone away. */
  readonly signal: AbortSignal;
  readonly response: ServerResponse;
  /** The JSON body; an ApiError 400 if it is not JSON. */
  json(): Promise<unknown>;
}

/** Answers one route; an object it returns is sent as JSON, a string as plain text. */
export type Handler = (
  exchange: Exchange,
) => Promise<object | string | undefined> | object | string | undefined;

/** Handlers under `METHOD /path`. */
export type Routes = Readonly<Record<string, Handler>>;

const MOST_BODY_BYTES = 64 * 2 ** 20;

/**
 * A server of these routes, for the requests its door allows; whatever a handler throws becomes an answer of OpenAI's error shape.
 */
export function httpServer(routes: Routes, door: Door): Server {
  const server = createServer({ noDelay: true }, (request, response) => {
    void answer(routes, door, request, response);
  });
  // Clients that measure may open a connection long before using it.
  server.keepAliveTimeout = 0;
  server.headersTimeout = 0;
  server.requestTimeout = 0;
  return server;
}

async function answer(
  routes: Routes,
  door: Door,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const arrivedMs = performance.now();
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  try {
    const { method = "GET", headers, headersDistinct, socket } = request;
    const { host, path, query } = splitTarget(request.url ?? "/");
    const turnedAway = whyTurnedAway(door, {
      method,
      host: host ?? headersDistinct.host?.join(", "),
      origin: headers.origin,
      fetchSite: headers["sec-fetch-site"] as string | undefined,
      localAddress: socket.localAddress,
    });
    if (turnedAway !== null) throw new ApiError(403, turnedAway);
    const handler = findHandler(routes, method, path);
    const result = await handler({
      query: new URLSearchParams(query),
      arrivedMs,
      signal: gone.signal,
      response,
      json: () => readJson(request),
    });
    if (typeof result === "string") send(response, 200, "text/plain; version=0.0.4; charset=utf-8", result);
    else if (result !== undefined) send(response, 200, "application/json", JSON.stringify(result));
  } catch (error) {
    if (gone.signal.aborted || request.socket.destroyed) return;
    const failure = error instanceof ApiError ? error : new ApiError(500, String(error));
    if (failure.status === 500) console.error(error);
    const body = JSON.stringify(failure.body);
    if (response.headersSent) response.end(`data: ${body}\n\ndata: [DONE]\n\n`);
    else send(response, failure.status, "application/json", body);
  }
}

function findHandler(routes: Routes, method: string, path: string): Handler {
  const handler = routes[`${method} ${path}`];
  if (handler !== undefined) return handler;
  const exists = Object.keys(routes).some((route) => route.endsWith(` ${path}`));
  throw exists
    ? new ApiError(405, `${path} does not take ${method}.`)
    : new ApiError(404, `There is no ${method} ${path}.`);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MOST_BODY_BYTES) throw new ApiError(413, `The body is larger than ${MOST_BODY_BYTES} bytes.`);
    pieces.push(piece);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString("utf8"));
  } catch (cause) {
    throw new ApiError(
      400,
      `The body is not JSON: ${cause instanceof Error ? cause.message : String(cause)}.`,
    );
  }
}
