import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";

/** What a client asked for, as far as the tests look at it. */
export interface Request {
  readonly url: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

export type Answer = (response: ServerResponse, request: Request, count: number) => void;

/** A real HTTP server that answers as a test scripts it, `count` from 1; closed after the test. */
export async function fileServer(answer: Answer): Promise<{ url: string; requests: Request[] }> {
  const requests: Request[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const { range, "if-range": ifRange } = request.headers;
    const asked = { url: request.url!, range, ifRange: ifRange as string | undefined };
    requests.push(asked);
    answer(response, asked, requests.length);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  opened.push(() => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(() => closed()));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

/** A version of a file as a good server has it. */
export interface Version {
  readonly body: Buffer;
  readonly etag?: string;
}

/** Breaks a connection off after so many bytes, once the client has got them: what is under way is lost otherwise. */
export interface Cut {
  readonly bytes: number;
  readonly arrived: () => number;
}

/** Serves a version as RFC 9110 says: a range when asked for one of this version, else all of it. */
export function serve(response: ServerResponse, request: Request, { body, etag }: Version, cut?: Cut): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.range ?? "")?.[1] ?? -1);
  const isPart = start >= 0 && (request.ifRange === undefined || request.ifRange === etag);
  if (etag !== undefined) response.setHeader("etag", etag);
  if (isPart && start >= body.length) {
    response.writeHead(416, { "content-range": `bytes */${body.length}` }).end();
    return;
  }
  const rest = isPart ? body.subarray(start) : body;
  response.setHeader("content-length", rest.length);
  if (isPart) response.setHeader("content-range", `bytes ${start}-${body.length - 1}/${body.length}`);
  response.writeHead(isPart ? 206 : 200);
  if (cut === undefined) {
    response.end(rest);
    return;
  }
  response.write(rest.subarray(0, cut.bytes));
  const end = (isPart ? start : 0) + cut.bytes;
  const poll = setInterval(() => {
    if (cut.arrived() !== end) return;
    clearInterval(poll);
    response.destroy();
  }, 1);
}
