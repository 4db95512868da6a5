import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, expect, it } from "vitest";
import { keepAll } from "../../src/domain/secrets/redactor.js";
import { waitUntilHealthy } from "../../src/proxies/health.js";
import { freePort } from "../support/free-port.js";

const never = new AbortController().signal;
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const listen = async (server: Server) => {
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
const answering = (...statuses: number[]) =>
  listen(
    createHttpServer((_, response) =>
      response.writeHead(statuses.length > 1 ? statuses.shift()! : statuses[0]!).end("loading"),
    ),
  );

it.each([200, 401, 404])("takes status %i for an answer", async (status) => {
  await waitUntilHealthy(await answering(status), 30, never, keepAll);
});

it.each([
  ["/health/readiness", { "/health/readiness": 200 }],
  ["/health/liveliness, where a database or a provider is missing", { "/health/liveliness": 200 }],
  ["/health alone", { "/health": 401, "/health/liveliness": 404, "/health/readiness": 404 }],
])("takes the answer of %s", async (_, statuses: Readonly<Record<string, number>>) => {
  const proxy = await listen(
    createHttpServer(({ url }, response) => response.writeHead(statuses[url!] ?? 500).end("no")),
  );
  await waitUntilHealthy(proxy, 30, never, keepAll);
});

it.each([200, 503])("reads no page that has no end: status %i", async (status) => {
  const endless = await listen(
    createHttpServer((_, response) => {
      response.writeHead(status).on("drain", more);
      function more(): void {
        while (!response.destroyed && response.write("loading ".repeat(10_000)));
      }
      more();
    }),
  );
  const waiting = waitUntilHealthy(endless, 0.5, never, keepAll);
  if (status === 200) await waiting;
  else await expect(waiting).rejects.toThrow(/HTTP 503: loading loading/);
});

it("asks again while the status is 500 or more", async () => {
  const statuses = [503, 500, 200];
  await waitUntilHealthy(await answering(...statuses), 30, never, keepAll);
});

it("says what the last answer was when the time is over", async () => {
  await expect(waitUntilHealthy(await answering(503), 0.5, never, keepAll)).rejects.toThrow(
    /was not ready at .*\/health within 0\.5 s: HTTP 503: loading\./,
  );
});

it("gives up on a proxy that accepts connections and never answers", async () => {
  const origin = await listen(createServer((socket) => socket.on("error", () => {})));
  await expect(waitUntilHealthy(origin, 0.5, never, keepAll)).rejects.toThrow(
    "within 0.5 s: it accepted the connection but sent no answer",
  );
});

it("says that nobody listens", async () => {
  const origin = `http://127.0.0.1:${await freePort()}`;
  await expect(waitUntilHealthy(origin, 0.5, never, keepAll)).rejects.toThrow(
    /within 0\.5 s: .*ECONNREFUSED/,
  );
});

it("ends with the signal's reason", async () => {
  const controller = new AbortController();
  const waiting = waitUntilHealthy(await answering(503), 60, controller.signal, keepAll);
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});
