import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveConnection } from "../../../src/mock/http/connection.js";
import type { Answer } from "../../../src/mock/http/response.js";
import type { MockServer } from "../../../src/mock/mock-options.js";
import { serveMock } from "../../../src/mock/serve-mock.js";
import { exchange, post } from "../raw-client.js";

let quick: MockServer;
let slow: MockServer;
beforeAll(async () => {
  [quick, slow] = await Promise.all([
    serveMock({ chunks: 2 }),
    serveMock({ chunks: 50, firstTokenDelaySeconds: 0.02, chunkGapSeconds: 0.02 }),
  ]);
});
afterAll(() => Promise.all([quick.close(), slow.close()]));

const CHAT = "/v1/chat/completions";
const ids = (text: string) => [...text.matchAll(/"model":"(\w+)"/g)].map((match) => match[1]!);
const GET_HEALTH = "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";

describe("a connection to the mock provider", () => {
  it("takes one request after the other", async () => {
    const { text } = await exchange(
      quick.url,
      [post(CHAT, { model: "a" }), GET_HEALTH, post(CHAT, { model: "b" })],
      (seen) => ids(seen).length === 2,
    );
    expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
    expect(ids(text)).toEqual(["a", "b"]);
  });

  it("answers pipelined requests whole and in their order, more than it keeps waiting at once", async () => {
    const names = Array.from({ length: 300 }, (_, i) => `m${i}`);
    const { text, end } = await exchange(quick.url, [
      names.map((model) => post(CHAT, { model })).join(""),
      post(CHAT, { model: "last" }, "connection: close\r\n"),
    ]);
    expect(ids(text)).toEqual([...names, "last"]);
    expect(end).toBe("closed");
  });

  it("keeps the order where the first answer takes its time", async () => {
    const { text } = await exchange(slow.url, [
      post(CHAT, { model: "first", stream: true }) +
        GET_HEALTH +
        post(CHAT, { model: "second" }, "connection: close\r\n"),
    ]);
    expect([...new Set(ids(text))]).toEqual(["first", "second"]);
    expect(text.indexOf("[DONE]")).toBeLessThan(text.indexOf("ok"));
    expect(text.indexOf("ok")).toBeLessThan(text.indexOf("second"));
  });

  it("answers a request cut anywhere", async () => {
    const bytes = Buffer.from(post(CHAT, { model: "é" }, "connection: close\r\n"));
    const answers = await Promise.all(
      Array.from({ length: bytes.length - 1 }, (_, i) =>
        exchange(quick.url, [bytes.subarray(0, i + 1), bytes.subarray(i + 1)]),
      ),
    );
    for (const { text } of answers) expect(text).toMatch(/^HTTP\/1\.1 200 OK.*"model":"é"/s);
  });

  it("reads a chunked body, and asks for one that the client holds back", async () => {
    const head = `POST ${CHAT} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n`;
    const { text } = await exchange(quick.url, [head], (seen) => seen.includes("\r\n\r\n"));
    expect(text).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    const body = '2\r\n{"\r\nd\r\nmodel":"big"}\r\n0\r\n\r\n';
    const answered = await exchange(quick.url, [head, body], (seen) => seen.includes("usage"));
    expect(answered.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK.*"model":"big"/s);
  });

  it("sends HTTP/1.0 a stream that ends with the connection, and keeps it where a length can be told", async () => {
    const old = (text: string) => text.replace("HTTP/1.1", "HTTP/1.0");
    const stream = await exchange(quick.url, [old(post(CHAT, { stream: true }))]);
    expect(stream.end).toBe("closed");
    expect(stream.text).not.toContain("transfer-encoding");
    expect(stream.text).toMatch(/\r\n\r\ndata: .*data: \[DONE\]\n\n$/s);
    const kept = old(post(CHAT, {}, "connection: keep-alive\r\n"));
    const { text } = await exchange(quick.url, [kept + kept], (seen) => ids(seen).length === 2);
    expect(text.match(/connection: keep-alive/g)).toHaveLength(2);
  });

  it("answers HEAD without a body", async () => {
    const head = "HEAD /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n";
    const { text } = await exchange(quick.url, [head + GET_HEALTH], (seen) => seen.includes('"ok"'));
    expect(text).not.toContain("list");
  });

  it.each([
    ["something that is not HTTP", "\u0016\u0003\u0001\u0002", 400],
    ["a broken header", "GET / HTTP/1.1\r\nbroken\r\n\r\n", 400],
    ["a head without end", `GET / HTTP/1.1\r\nx: ${"y".repeat(100_000)}`, 431],
    ["a body beyond reason", `POST ${CHAT} HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n`, 413],
  ])("tells %s what is wrong, and closes", async (_, bytes, status) => {
    const { text, end } = await exchange(quick.url, [GET_HEALTH + bytes]);
    expect(text).toMatch(
      new RegExp(`^HTTP/1.1 200 OK.*HTTP/1.1 ${status} .*connection: close.*"error"`, "s"),
    );
    expect(end).toBe("closed");
  });

  it("does no more for a client that hangs up in the middle of a stream, or while nothing comes", async () => {
    let steps = 0;
    const server = await serveHere(function* () {
      yield { write: "begun" };
      while (++steps < 1_000) yield { waitSeconds: 0.001 };
      yield { end: "stall" };
    });
    const clients = Array.from({ length: 10 }, () =>
      exchange(server.url, [GET_HEALTH + GET_HEALTH], (seen) => seen.includes("begun")),
    );
    await Promise.all(clients);
    await server.deserted();
    const before = steps;
    expect(before).toBeGreaterThan(0);
    await sleep(50);
    expect(steps).toBe(before);
  });

  it("works out no answers for a client that does not read those before, until it does", async () => {
    let begun = 0;
    const server = await serveHere(function* () {
      begun += 1;
      yield { write: "x".repeat(1e6) };
    });
    const requests = 40;
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1").pause();
    socket.write(GET_HEALTH.repeat(requests));
    for (let seen = -1; seen !== begun || begun === 0; await sleep(100)) seen = begun;
    expect(begun).toBeLessThan(requests);
    let bytes = 0;
    await new Promise<void>((all) => {
      socket.on("data", (piece) => {
        bytes += piece.length;
        if (bytes === requests * 1e6) all();
      });
      socket.resume();
    });
    expect(begun).toBe(requests);
    socket.destroy();
    await server.deserted();
  });
});

/** Connections served in this process, where their answers can be watched. */
async function serveHere(answer: () => Answer) {
  const server = createServer((socket) =>
    serveConnection(socket, { request: () => answer(), refusal: () => answer() }),
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  const connections = promisify(server.getConnections.bind(server));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Resolves when every client is gone, and the server with it. */
    deserted: async () => {
      while ((await connections()) > 0) await sleep(5);
      await new Promise((closed) => server.close(closed));
    },
  };
}
