import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import type { Server } from "../../src/client/server.js";
import { runLoad } from "../../src/load/run-load.js";
import {
  chunk,
  delta,
  event,
  json,
  type ScriptedServer,
  STREAM_HEAD,
  type Step,
  serveChat,
  serveScript,
} from "../client/scripted-server.js";

let scripted: ScriptedServer;
let server: Server | undefined;
afterEach(async () => {
  server?.close();
  await scripted.close();
});

const ask = { messages: [{ role: "user", content: "Hi" }] } as const;
const CLOSED = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
const LINE = 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n';

/** A piece again and again, many of them at once. */
function* flood(first: Step, piece: string): Generator<Step> {
  yield first;
  const pieces = Buffer.from(piece.repeat(Math.max(1, Math.floor(500_000 / piece.length))));
  for (;;) yield pieces;
}

const STREAMS: readonly (readonly [string, () => Iterable<Step>, string])[] = [
  ["a header", () => flood("HTTP/1.1 200 OK\r\nx: ", "abcd"), "a head of more than 256 KB"],
  ["headers", () => flood("HTTP/1.1 200 OK\r\n", "x: y\r\n"), "more than 1,000 headers"],
  [
    "trailers",
    () => flood(`${STREAM_HEAD}${chunk(LINE)}0\r\n`, "x: y\r\n"),
    "more than 1,000 headers, after 1 event, the first token among them",
  ],
  ["a line", () => flood(`${CLOSED}data: `, "abcd"), "an event or a line of more than 1 MB"],
  ["a comment", () => flood(`${CLOSED}: `, "abcd"), "an event or a line of more than 1 MB"],
  ["an event", () => flood(CLOSED, "data: a\n"), "an event or a line of more than 1 MB"],
  ["a text", () => flood(CLOSED, delta({ content: "a".repeat(400_000) })), "a text of more than 64 MB"],
  ["a body that is no stream", () => flood(CLOSED, "abcd "), "an event or a line of more than 1 MB"],
];

describe("what has no end is not read to its end", () => {
  it.each(STREAMS)("%s, by the timed client", async (_, steps, what) => {
    scripted = await serveChat(steps);
    server = await connect(scripted.url);
    const { outcome, error } = await server.chat(ask);
    expect(outcome).toBe("error");
    expect(error).toMatch(`${scripted.url} sent more than this client reads: ${what}`);
  });

  it.each(STREAMS)("%s, by a load", async (_, steps, what) => {
    scripted = await serveScript(steps);
    const { requests } = await runLoad({
      ...{ url: `${scripted.url}/v1`, apiKey: "EMPTY", mode: "stream", body: { model: "tiny" } },
      ...{ requests: 1, arrivals: { kind: "closed", concurrency: 1 }, timeoutSeconds: 50, threads: 0 },
    });
    expect(requests[0]).toMatchObject({ outcome: "error", failure: "not understood" });
    expect(requests[0]!.error).toMatch(
      `${scripted.url} sent more than this client reads: ${what.split(",")[0]}`,
    );
  });

  it("a whole answer, by a load", async () => {
    scripted = await serveScript(() => flood("HTTP/1.1 200 OK\r\n\r\n", '{"a": [] ,'));
    const { requests } = await runLoad({
      ...{ url: `${scripted.url}/v1`, apiKey: "EMPTY", mode: "chat", body: { model: "tiny" } },
      ...{ requests: 1, arrivals: { kind: "closed", concurrency: 1 }, timeoutSeconds: 50, threads: 0 },
    });
    expect(requests[0]!.error).toBe(
      `${scripted.url} sent more than this client reads: a body of more than 64 MB.`,
    );
  });

  it("a refusal, which is known by its beginning", async () => {
    scripted = await serveChat(() => flood("HTTP/1.1 500 Oh\r\n\r\n", "no "));
    server = await connect(scripted.url);
    expect((await server.chat(ask)).error).toMatch(/^HTTP 500: no no no/);
  });

  it("a compressed stream that inflates beyond 64 MB", async () => {
    const bomb = gzipSync(": ping\n\n".repeat(9 * 2 ** 20));
    scripted = await serveChat(() => [
      `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`,
      bomb,
    ]);
    server = await connect(scripted.url);
    expect((await server.chat(ask)).error).toMatch(/\(gzip: it holds more than 64 MB\)\.$/);
  });

  it("the list of models", async () => {
    scripted = await serveScript(() => flood('HTTP/1.1 200 OK\r\n\r\n{"data": [', '{"id": "a"},'));
    await expect(connect(scripted.url)).rejects.toThrow(
      `${scripted.url} sent more than this client reads: more than 64 MB in the answer to GET ${scripted.url}/v1/models.`,
    );
  });
});

describe("a scrape", () => {
  const wanted = "vllm:num_requests_running 0\n";
  const other = Array.from({ length: 500 }, (_, i) => `vllm:other_bucket{le="${i}"} ${i}\n`).join("");

  /** A server known by its name, with this scrape. */
  const scraped = async (steps: () => Iterable<Step>) => {
    scripted = await serveScript(({ path }) =>
      path === "/metrics"
        ? steps()
        : [
            path === "/v1/models"
              ? json({ data: [{ id: "tiny", owned_by: "vllm" }] })
              : json({}, "404 Not Found"),
          ],
    );
    server = await connect(scripted.url);
    return server.counters();
  };

  it("of any length gives the series that are read, and one for each sign", async () => {
    const body = other.repeat(500) + wanted + other.repeat(500);
    const head = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`;
    expect(await scraped(() => [head, body])).toEqual([
      { name: "vllm:other_bucket", labels: { le: "0" }, value: 0 },
      { name: "vllm:num_requests_running", labels: {}, value: 0 },
    ]);
  });

  it.each([
    ["a line", () => flood("HTTP/1.1 200 OK\r\n\r\n", "vllm:")],
    ["wanted series", () => flood("HTTP/1.1 200 OK\r\n\r\n", wanted)],
  ])("without an end is none: %s", async (_, steps) => {
    expect(await scraped(steps)).toBeNull();
  });
});

it("a report of usage that has ever more fields, or goes ever deeper, is kept in bounds", async () => {
  const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
  const reports = Array.from({ length: 300 }, (_, i) => event({ choices: [], usage: { [`field ${i}`]: i } }));
  const deepReport = `data: {"choices":[],"usage":${deep(20_000)}}\n\n`;
  scripted = await serveChat(() => [
    `${CLOSED}${delta({ content: "Hi" }, "stop")}${reports.join("")}${deepReport}${deepReport}data: [DONE]\n\n`,
    "CLOSE",
  ]);
  server = await connect(scripted.url);
  const { outcome, usage } = await server.chat(ask);
  expect(outcome).toBe("ok");
  expect(Object.keys(usage!)).toHaveLength(200);
});
