import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ResponseScanner } from "../../src/wire/http-response.js";
import { ProtocolError } from "../../src/wire/protocol-error.js";
import { TooLong } from "../../src/wire/too-long.js";

/** Scans these reads; the stamp of a read is its number. */
function scan(reads: readonly Buffer[]) {
  const body: string[] = [];
  const stamps: bigint[] = [];
  const scanner = new ResponseScanner((at, bytes, start, end) => {
    body.push(bytes.toString("latin1", start, end));
    stamps.push(at);
  });
  reads.forEach((bytes, i) => {
    // A read lies somewhere in a larger, lent buffer.
    const lent = Buffer.concat([Buffer.from("\n\r\n0"), bytes, Buffer.from("\r\n\r\nx")]);
    scanner.read(BigInt(i), lent, 4, 4 + bytes.length);
  });
  return { scanner, body: body.join(""), stamps };
}

const whole = (response: string) => scan([Buffer.from(response, "latin1")]);

/** Cuts bytes at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

describe("the response scanner", () => {
  it("finds body, status and headers whatever the framing and the cuts", () => {
    const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 6 });
    const framings = fc.constantFrom("chunked", "counted", "until close");
    fc.assert(
      fc.property(
        bodies,
        framings,
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.boolean(),
        (parts, framing, places, upper) => {
          const body = Buffer.concat(parts);
          const hex = (length: number) =>
            upper ? length.toString(16).toUpperCase() : `0${length.toString(16)}`;
          const framed = {
            chunked: () => [
              Buffer.from("Transfer-Encoding: chunked\r\n\r\n"),
              ...parts.flatMap((part) => [
                Buffer.from(`${hex(part.length)};a="b"\r\n`),
                part,
                Buffer.from("\r\n"),
              ]),
              Buffer.from("0\r\n\r\n"),
            ],
            counted: () => [Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body],
            "until close": () => [Buffer.from("\r\n"), body],
          }[framing]();
          const bytes = Buffer.concat([Buffer.from("HTTP/1.1 200 OK\r\nX-A:  b \r\nx-a: c\r\n"), ...framed]);
          const { scanner, body: found } = scan(cut(bytes, places));
          expect(found).toBe(body.toString("latin1"));
          expect(scanner.head).toMatchObject({ status: 200, reason: "OK", headers: { "x-a": "b, c" } });
          expect(scanner.done).toBe(framing !== "until close");
          expect(scanner.close()).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("never takes a truncated response for a whole one", () => {
    const response = Buffer.from(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    );
    for (let end = 0; end < response.length; end++) {
      const { scanner } = scan([response.subarray(0, end)]);
      expect([scanner.done, scanner.close(), scanner.reusable]).toEqual([false, false, false]);
    }
    expect(scan([response]).scanner.reusable).toBe(true);
  });

  it("gives each piece of the body the stamp of the read that brought it", () => {
    const reads = ["HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n", "ab", "cd"].map((text) =>
      Buffer.from(text),
    );
    expect(scan(reads).stamps).toEqual([1n, 2n]);
  });

  it.each([
    ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", true],
    ["HTTP/1.1 204 No Content\r\n\r\n", true],
    ["HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n", true],
    ["HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n", true],
    ["HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\nab", true],
    ["HTTP/1.1 200 OK\r\nConnection: Close\r\ncontent-length: 0\r\n\r\n", false],
    ["HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", false],
    ["HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\ncontent-length: 0\r\n\r\n", true],
    ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nmore", false],
  ])("knows when the connection may be used again: %j", (response, reusable) => {
    const { scanner } = whole(response);
    expect(scanner.done).toBe(true);
    expect(scanner.reusable).toBe(reusable);
  });

  it("lets chunks win over a content-length, as RFC 9112 has it", () => {
    const { scanner, body } = whole(
      "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    );
    expect([scanner.done, body]).toEqual([true, "abc"]);
  });

  it.each([
    ["SSH-2.0-OpenSSH", "not an HTTP/1.x response"],
    ["HTTP/2 200\r\n", "not an HTTP/1.x response"],
    ["\u0016\u0003\u0001", "not an HTTP/1.x response"],
    ["HTTP/1.1 20 OK\r\n\r\n", "not an HTTP/1.x response"],
    ["HTTP/1.1 200 OK\r\nno colon here\r\n\r\n", "a header line has no colon"],
    ["HTTP/1.1 200 OK\r\nContent-Length\r\n\r\n", "a header line has no colon"],
    ["HTTP/1.1 200 OK\r\nX-A: 1\r\nconnection\r\n\r\n", "a header line has no colon"],
    ["HTTP/1.1 200 OK\r\n: empty\r\n\r\n", "a header line has no name"],
    [
      "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
      "its content-length is not a single number",
    ],
    ["HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", "its content-length is not a single number"],
    ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n", "a chunk has no size"],
    ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\r\n", "a chunk has no size"],
    ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n", "a chunk is longer than its size"],
    [
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffff\r\n",
      "a chunk's size is implausibly large",
    ],
  ])("says what is wrong with %j", (response, message) => {
    expect(() => whole(response)).toThrow(ProtocolError);
    expect(() => whole(response)).toThrow(message);
  });

  it.each([
    [`HTTP/1.1 200 OK\r\nx: ${"y".repeat(300_000)}`, "a head of more than 256 KB"],
    [`HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(1_001)}`, "more than 1,000 headers"],
  ])("reads no head without an end", (response, message) => {
    expect(() => whole(response)).toThrow(new TooLong(message));
  });

  it("reads a head of a thousand headers", () => {
    const { scanner } = whole(`HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(999)}content-length: 0\r\n\r\n`);
    expect(scanner.done).toBe(true);
  });
});
