import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";

/** What was asked, as far as the tests look at it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
}

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

/** A real HTTP server for one test. */
export async function modelServer(answer: (response: ServerResponse, asked: Asked) => void) {
  const asked: Asked[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const { authorization } = request.headers;
    const one = { method: request.method!, path: request.url!, authorization };
    asked.push(one);
    answer(response, one);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  opened.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** Answers with files by their path, and with 404; `headers` go with each. */
export const files =
  (
    bodies: Readonly<Record<string, string | Buffer>>,
    headers: (path: string) => Record<string, string> = () => ({}),
  ) =>
  (response: ServerResponse, { method, path }: Asked): void => {
    const body = Object.hasOwn(bodies, path) ? Buffer.from(bodies[path]!) : null;
    if (body === null) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-length": body.length, ...headers(path) });
    response.end(method === "HEAD" ? undefined : body);
  };
