import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HttpError } from "../../../src/mock/http/request-head.js";
import { type HttpRequest, RequestParser } from "../../../src/mock/http/request-parser.js";

/** Parses these reads. */
function parse(reads: readonly Buffer[]) {
  const requests: HttpRequest[] = [];
  let expectations = 0;
  const parser = new RequestParser({
    onExpectation: () => {
      expectations += 1;
    },
    onRequest: (request) => requests.push(request),
  });
  for (const bytes of reads) parser.read(bytes);
  return { requests, expectations };
}

const whole = (text: string) => parse([Buffer.from(text, "latin1")]);
const refusal = (text: string): HttpError => {
  try {
    whole(text);
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  }
  throw new Error("it was taken for a request");
};

/** Cuts bytes at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

const LINE_ENDS = ["\r\n", "\n"];

/** One request as bytes, and what must be found in them. */
const requests = fc
  .record({
    method: fc.constantFrom("GET", "POST", "DELETE"),
    path: fc.constantFrom("/v1/models", "/v1/chat/completions", "/"),
    query: fc.constantFrom("", "?a=b", "?"),
    parts: fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 5 }),
    framing: fc.constantFrom("counted", "chunked"),
    feed: fc.constantFrom(...LINE_ENDS),
    blank: fc.boolean(),
  })
  .map(({ method, path, query, parts, framing, feed, blank }) => {
    const body = Buffer.concat(parts);
    const lines = (...texts: string[]) => Buffer.from(texts.map((text) => text + feed).join(""), "latin1");
    const head = [`${method} ${path}${query} HTTP/1.1`, "Host: a", "X-Odd: \u00e9: b "];
    const framed =
      framing === "counted"
        ? [lines(...head, `Content-Length:${body.length}`, ""), body]
        : [
            lines(...head, "Transfer-Encoding: Chunked", ""),
            ...parts.flatMap((part, i) => [
              lines(`${i % 2 === 0 ? "0" : ""}${part.length.toString(16).toUpperCase()};a="b"`),
              part,
              lines(""),
            ]),
            lines("0", "X-Trailer: c", ""),
          ];
    return {
      bytes: Buffer.concat([lines(...(blank ? [""] : [])), ...framed]),
      found: { method, path, body },
    };
  });

describe("the request parser", () => {
  it("finds every request of a connection, whatever the framing and the cuts", () => {
    fc.assert(
      fc.property(
        fc.array(requests, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (sent, places) => {
          const reads = cut(Buffer.concat(sent.map(({ bytes }) => bytes)), places);
          const found = parse(reads).requests.map(({ head, body }) => ({
            method: head.method,
            path: head.path,
            body: body.toString("latin1"),
          }));
          expect(found).toEqual(sent.map(({ found: f }) => ({ ...f, body: f.body.toString("latin1") })));
        },
      ),
      { numRuns: 500 },
    );
  });

  it("finds the same when cut at every one of its bytes", () => {
    const same = "POST /v1/completions HTTP/1.1\r\ncontent-length: 3\r\n\r\n";
    const text =
      `${same}{} ${same}[] \r\n${same}1.0` +
      "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\nGET /a HTTP/1.0\r\n\r\n";
    const bytes = Buffer.from(text);
    const expected = parse([bytes]).requests;
    expect(expected.map(({ body }) => body.toString())).toEqual(["{} ", "[] ", "1.0", "{}", ""]);
    for (let at = 0; at <= bytes.length; at++) {
      expect(parse([bytes.subarray(0, at), bytes.subarray(at)]).requests).toEqual(expected);
    }
    expect(parse([...bytes].map((byte) => Buffer.of(byte))).requests).toEqual(expected);
  });

  it("never takes a part of a request for a request", () => {
    const text = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    for (let end = 0; end < text.length; end++) expect(whole(text.slice(0, end)).requests).toEqual([]);
    expect(whole(text).requests).toHaveLength(1);
  });

  it("survives any bytes: it finds requests or refuses with a status", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.nat(), { maxLength: 4 }),
        (bytes, places) => {
          try {
            parse(cut(Buffer.from(bytes), places));
          } catch (error) {
            expect(error).toBeInstanceOf(HttpError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ["GET / HTTP/1.1\r\n\r\n", true],
    ["GET / HTTP/1.1\r\nConnection: Close\r\n\r\n", false],
    ["GET / HTTP/1.1\r\nConnection: x, close\r\n\r\n", false],
    ["GET / HTTP/1.0\r\n\r\n", false],
    ["GET / HTTP/1.0\r\nconnection: Keep-Alive\r\n\r\n", true],
  ])("knows whether the connection goes on: %j", (text, keepAlive) => {
    expect(whole(text).requests[0]!.head.keepAlive).toBe(keepAlive);
  });

  it("takes the path out of a whole URL", () => {
    expect(whole("GET http://a:1/v1/models?b HTTP/1.1\r\n\r\n").requests[0]!.head.path).toBe("/v1/models");
  });

  it("asks for a body that the client holds back, and not for one that it need not", () => {
    const head = (more: string) => `POST / HTTP/1.1\r\nexpect: 100-Continue\r\n${more}\r\n`;
    expect(whole(head("content-length: 2\r\n")).expectations).toBe(1);
    expect(whole(head("transfer-encoding: chunked\r\n")).expectations).toBe(1);
    expect(whole(head("")).expectations).toBe(0);
    expect(whole("POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n").expectations).toBe(0);
  });

  it.each([
    ["SSH-2.0-OpenSSH_9.2\r\n\r\n", 400],
    ["\u0016\u0003\u0001", 400],
    ["\u00ff", 400],
    ["GET /\r\n\r\n", 400],
    ["GET /a b HTTP/1.1\r\n\r\n", 400],
    ["G(T / HTTP/1.1\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nno colon\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nname : spaced\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\na: b\r\n folded\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\na: b\rc\r\n\r\n", 400],
    ["POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", 400],
    ["POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n", 400],
    ["POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n", 400],
    ["POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n", 400],
    ["POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n", 400],
    ["POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n\r\n", 400],
    ["POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n", 400],
    ["POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nfffffffff\r\n", 413],
    ["POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n", 413],
    ["POST / HTTP/1.1\r\nexpect: tea\r\n\r\n", 417],
    [`GET / HTTP/1.1\r\nx: ${"y".repeat(70_000)}`, 431],
    ["POST / HTTP/1.1\r\ntransfer-encoding: gzip, chunked\r\n\r\n", 501],
    ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
  ])("refuses %j with %i", (text, status) => {
    expect(refusal(text).status).toBe(status);
  });

  it("takes a body of many chunks, though their sizes together are longer than a head may be", () => {
    const text = `POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n${"1\r\na\r\n".repeat(40_000)}0\r\n\r\n`;
    expect(whole(text).requests[0]!.body.toString()).toBe("a".repeat(40_000));
  });
});
