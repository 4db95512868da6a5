import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ResponseScanner } from "../../src/wire/http-response.js";
import { Recording } from "../../src/wire/recording.js";

it("gives back every read with its stamp, however many and however long, and forgets them when cleared", () => {
  const recording = new Recording();
  const reads = fc.array(
    fc.tuple(fc.bigInt(0n, 1n << 62n), fc.oneof(fc.nat(40), fc.constantFrom(511, 512, 513, 9000))),
    { maxLength: 70 },
  );
  fc.assert(
    fc.property(reads, fc.nat(5), (all, offset) => {
      recording.clear();
      const pieces = all.map(([at, length], i) => ({ at, bytes: Buffer.alloc(length, i + 1) }));
      const told = (at: bigint, bytes: Buffer) => `${at} ${bytes.toString("hex")}`;
      for (const { at, bytes } of pieces) {
        const lent = Buffer.concat([Buffer.alloc(offset, 255), bytes, Buffer.alloc(3, 255)]);
        recording.append(at, lent, offset, offset + bytes.length);
        lent.fill(0);
      }
      const seen: string[] = [];
      recording.replay((at, bytes, start, end) => {
        seen.push(told(at, bytes.subarray(start, end)));
      });
      expect(seen).toEqual(pieces.map(({ at, bytes }) => told(at, bytes)));
      expect(recording.length).toBe(pieces.reduce((sum, { bytes }) => sum + bytes.length, 0));
    }),
    { numRuns: 200 },
  );
});

it("shows as much as it is asked for, each read once and in order, and what comes meanwhile too", () => {
  const recording = new Recording();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(40), fc.constantFrom("some", "all", null)), { maxLength: 90 }),
      (steps) => {
        recording.clear();
        const seen: bigint[] = [];
        let whole = true;
        for (const [i, [length, much]] of steps.entries()) {
          recording.append(BigInt(i), Buffer.alloc(40), 0, length);
          if (much !== null) whole = recording.replay((at) => void seen.push(at), much);
          if (much === "all") expect(whole).toBe(true);
          if (much !== null) expect(whole).toBe(seen.length === i + 1);
        }
        recording.replay((at) => void seen.push(at));
        expect(seen).toEqual(steps.map((_, i) => BigInt(i)));
      },
    ),
  );
});

describe("a read can wait", () => {
  const recorded = (text: string): Recording => {
    const recording = new Recording();
    recording.append(0n, Buffer.from(text), 0, Buffer.byteLength(text));
    return recording;
  };
  const HEAD = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
  const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

  it.each([
    [true, "an event that is a chunk", chunk('data: {"choices":[]}\n\n')],
    [true, "one with other line ends", chunk('data: {"choices":[]}\r\n\r\n')],
    [true, "a comment", chunk(": ping\n\n")],
    [false, "the end of the stream", chunk("data: [DONE]\n\n")],
    [false, "the same with other line ends", chunk("data: [DONE]\r\n\r\n")],
    [false, "the last chunk", chunk("data: {}\n\n") + chunk("")],
    [false, "an event outside chunks", "data: {}\n\n"],
    [false, "a piece of an event", "1f\r\ndata: "],
    [false, "a head", HEAD],
    [false, "nothing", ""],
    [false, "very much", chunk(`data: ${"x".repeat(40_000)}\n\n`)],
  ])("%s: %s", (expected, _, text) => {
    expect(recorded(text).canWait).toBe(expected);
  });

  it("only if the response goes on after it", () => {
    const end = fc.constantFrom("\n", "\r\n");
    const line = fc
      .tuple(fc.constantFrom("data: {}", "data: 0", ": ping", "", "0"), end)
      .map((parts) => parts.join(""));
    const body = fc.array(
      fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => chunk(lines.join(""))),
    );
    const trailer = fc.array(fc.constantFrom("x: 1\r\n", "y: 2\n"), { maxLength: 2 });
    fc.assert(
      fc.property(body, trailer, fc.nat(), (chunks, trailers, cut) => {
        const text = `${HEAD}${chunks.join("")}0\r\n${trailers.join("")}\r\n`;
        for (const to of [text.length, cut % text.length]) {
          const scanner = new ResponseScanner(() => {});
          scanner.read(0n, Buffer.from(text), 0, to);
          expect(scanner.done).toBe(to === text.length);
          if (scanner.done) expect(recorded(text.slice(0, to)).canWait).toBe(false);
        }
      }),
    );
  });
});
