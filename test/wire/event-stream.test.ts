import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readEventStream, type TimedEvent } from "../../src/wire/event-stream.js";
import { runs } from "../support/runs.js";

/** Reads pieces whose stamps are their numbers. */
function read(pieces: readonly Buffer[]): TimedEvent[] {
  const events: TimedEvent[] = [];
  const stream = readEventStream((event) => events.push(event));
  pieces.forEach((piece, i) => {
    stream.read(
      BigInt(i),
      Buffer.concat([Buffer.from("x\n"), piece, Buffer.from("\n\n")]),
      2,
      2 + piece.length,
    );
  });
  return events;
}

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom('{"choices":[]}', "[DONE]", " ", "", "a: b", "data: x", "🌍", "é", "\u0085", "\u2028"),
);
const oneLine = text.map((value) => value.replace(/[\r\n\0\ufeff]/g, ""));
const line = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom("data: ", "data:", "data:  "), oneLine)
      .map((parts) => parts.join("")),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom("event: ", "id: ", "retry: ", ": ", ":", "other: "), oneLine)
      .map((parts) => parts.join("")),
  },
  { weight: 1, arbitrary: fc.constantFrom("data", "event", "") },
  { weight: 4, arbitrary: fc.constant("") },
);
const lines = fc.array(fc.tuple(line, fc.constantFrom("\n", "\n", "\r\n", "\r\n", "\r")), { maxLength: 24 });

describe("the event stream", () => {
  it("gives the events that eventsource-parser finds in the whole text, wherever the bytes are cut", () => {
    fc.assert(
      fc.property(lines, fc.array(fc.nat(), { maxLength: 16 }), (parts, places) => {
        const source = parts.flat().join("");
        const expected: string[] = [];
        const parser = createParser({
          onEvent: ({ event, data }) => expected.push(JSON.stringify([event, data])),
        });
        // What follows shows that the last line is complete also when it ends in CR.
        parser.feed(`${source}:end\n`);

        const bytes = Buffer.from(`${source}:end\n`);
        const ends = [...new Set(places.map((place) => place % bytes.length))].sort((a, b) => a - b);
        const pieces = [...ends, bytes.length].map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
        const events = read(pieces);
        expect(events.map(({ name, data }) => JSON.stringify([name, data]))).toEqual(expected);

        // Each event has the stamp of the first read with which it could be known.
        for (const [i, { at }] of events.entries()) {
          const before = pieces.slice(0, Number(at));
          expect(read(before).length).toBeLessThanOrEqual(i);
          expect(read([...before, pieces[Number(at)]!]).length).toBeGreaterThan(i);
        }
      }),
      { numRuns: runs(1000, 3000) },
    );
  });

  it.each([
    [
      "a field of its own (llama.cpp)",
      'error: {"code":500,"message":"out of é"}',
      '{"code":500,"message":"out of é"}',
    ],
    ["a bare line", '{"error": {"message": "no"}}', '{"error": {"message": "no"}}'],
  ])("hands on an error in %s, wherever the bytes are cut", (_form, line, said) => {
    const bytes = Buffer.from(`data: 1\n\n${line}\n\n`);
    for (let i = 0; i <= bytes.length; i++) {
      for (let j = i; j <= bytes.length; j++) {
        const events = read([bytes.subarray(0, i), bytes.subarray(i, j), bytes.subarray(j)]);
        expect(events.map(({ name, data }) => [name, data])).toEqual([
          [undefined, "1"],
          ["error", said],
        ]);
      }
    }
  });

  it("stamps an event with the read that completed it", () => {
    const pieces = ["data: a\n", "\ndata: b\n\ndata: c\r\n\r", "\n", "data: d\r", "\r", "data: e\n\n"].map(
      (piece) => Buffer.from(piece),
    );
    expect(read(pieces)).toEqual([
      { at: 1n, name: undefined, data: "a" },
      { at: 1n, name: undefined, data: "b" },
      { at: 1n, name: undefined, data: "c" },
      { at: 4n, name: undefined, data: "d" },
      { at: 5n, name: undefined, data: "e" },
    ]);
  });

  it.each([
    0, 1, 2, 3, 4,
  ])("drops a byte order mark, also when a read ends after byte %i of the stream", (cut) => {
    const bytes = Buffer.from("\ufeffdata: a\n\ndata: b\n\n");
    expect(read([bytes.subarray(0, cut), bytes.subarray(cut)])).toMatchObject([{ data: "a" }, { data: "b" }]);
  });

  it.each([
    ["a field of its own", 'error: {"message":"é"}', '{"message":"é"}'],
    ["a bare line", '{"error": {"message": "é"}}', '{"error": {"message": "é"}}'],
    ["a bare line of FastAPI", '{"detail":"é"}', '{"detail":"é"}'],
  ])("hands an error on that is %s", (_, line, data) => {
    const bytes = Buffer.from(`data: a\n\n${line}\n\ndata: [DONE]\n\n`);
    expect(read([bytes])).toMatchObject([{ data: "a" }, { name: "error", data }, { data: "[DONE]" }]);
  });

  it("replaces bytes that are not UTF-8, and no others", () => {
    const bytes = Buffer.concat([Buffer.from("data: é"), Buffer.from([0xff]), Buffer.from("🌍\n\n")]);
    expect(read([bytes])).toMatchObject([{ data: "é\ufffd🌍" }]);
  });
});
