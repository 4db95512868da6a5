import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AnswerMode } from "../../../src/domain/records/words.js";
import { keepAll } from "../../../src/domain/secrets/redactor.js";
import { AnswerReader } from "../../../src/load/answers/answer-reader.js";
import { COMPLETE } from "../../../src/load/answers/verdict.js";
import { KnownResponses } from "../../../src/load/stream/known-responses.js";
import { parseEndpoint } from "../../../src/wire/endpoint.js";
import { ProtocolError } from "../../../src/wire/protocol-error.js";
import { runs } from "../../support/runs.js";

const ENDPOINT = parseEndpoint("http://localhost:1");

/** All that a reader says of one response; each piece lies in the middle of a buffer, and others may read between them. */
function* reading(reader: AnswerReader, pieces: readonly Buffer[]): Generator<void, unknown> {
  reader.restart();
  let broken: string | null = null;
  try {
    for (const [i, piece] of pieces.entries()) {
      const bytes = Buffer.concat([Buffer.from("HTTP/1.1 "), piece, Buffer.from('"}\r\n\r\n')]);
      reader.read(BigInt(i), bytes, 9, 9 + piece.length);
      yield;
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    broken = error.message;
  }
  const { done, reusable, head, stream } = reader;
  const failure = done ? reader.finish(COMPLETE, 99n, ENDPOINT, keepAll) : null;
  const { events, chunks, firstContent } = stream ?? { events: 0, chunks: 0, firstContent: null };
  return { broken, done, reusable, head, failure, events, chunks, firstContent };
}

function read(reader: AnswerReader, pieces: readonly Buffer[]): unknown {
  return readByTurns([reading(reader, pieces)])[0];
}

/** What each gives, one piece of each at a time. */
function readByTurns(readings: readonly Generator<void, unknown>[]): unknown[] {
  const given: unknown[] = readings.map(() => undefined);
  const left = new Set(readings.keys());
  while (left.size > 0) {
    for (const i of left) {
      const { done, value } = readings[i]!.next();
      if (!done) continue;
      given[i] = value;
      left.delete(i);
    }
  }
  return given;
}

const id = fc.constantFrom("chatcmpl-1", "chatcmpl-2", "é", "", 'a\\"b', "\\u0041");
const words = fc.constantFrom("Hello", "Hi", "é🌍", "", '\\"', "\\q", "\t");
const body = fc.oneof(
  fc
    .tuple(id, words)
    .map(
      ([name, text]) => `{"id":"${name}","choices":[{"message":{"role":"assistant","content":"${text}"}}]}`,
    ),
  fc.tuple(id, id).map(([name, other]) => `{"id": "${name}", "choices": [{"text": "a"}], "x": "${other}"}`),
  fc.constantFrom('{"choices":[]}', '{"error":{"message":"no"}}', "<html>", "", '{"choices":[{"text":"a"}]}'),
);
const stream = fc
  .array(
    fc
      .tuple(id, words)
      .map(([name, text]) => `data: {"id":"${name}","choices":[{"delta":{"content":"${text}"}}]}\n\n`),
    { maxLength: 4 },
  )
  .map((events) => `${events.join("")}data: [DONE]\n\n`);
const head = fc.constantFrom(
  "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n",
  "HTTP/1.1 200 OK\r\ndate: today\r\n",
  "HTTP/1.1 200 OK\r\ndate: later\r\n",
  "HTTP/1.1 200 OK\ndate: bare\n",
  "HTTP/1.1 200 OK\r\nconnection: close\r\n",
  "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
  "HTTP/1.1 429 Too Many Requests\r\n",
  "HTTP/1.1 204 No Content\r\n",
);
const response = fc
  .tuple(head, fc.oneof(body, stream), fc.boolean(), fc.array(fc.nat(), { maxLength: 3 }))
  .map(([lines, text, chunked, places]) => {
    const length = Buffer.byteLength(text);
    const framed = chunked
      ? `transfer-encoding: chunked\r\n\r\n${length === 0 ? "" : `${length.toString(16)}\r\n${text}\r\n`}0\r\n\r\n`
      : `content-length: ${length}\r\n\r\n${text}`;
    const bytes = Buffer.from(lines + framed);
    const ends = [...new Set(places.map((place) => 1 + (place % bytes.length)))].sort((a, b) => a - b);
    return [...ends.filter((end) => end < bytes.length), bytes.length].map((end, i) =>
      bytes.subarray(ends[i - 1] ?? 0, end),
    );
  });

describe("the reader of answers", () => {
  it.each<AnswerMode>([
    "chat",
    "stream",
  ])("reads each response as if it were its first, whatever it has read before (%s)", (mode) => {
    fc.assert(
      fc.property(fc.array(response, { minLength: 2, maxLength: 8 }), (responses) => {
        const reader = new AnswerReader(mode, 0n);
        for (const pieces of [...responses, ...responses]) {
          const [got, expected] = [read(reader, pieces), read(new AnswerReader(mode, 0n), pieces)];
          // Vitest's comparison takes ten times as long; it tells the difference.
          if (!isDeepStrictEqual(got, expected)) expect(got).toEqual(expected);
        }
      }),
      { numRuns: runs(100, 300) },
    );
  });

  it.each<AnswerMode>([
    "chat",
    "stream",
  ])("reads each response as if it were alone, whatever others with the same knowledge read meanwhile (%s)", (mode) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(response, response, response), { minLength: 1, maxLength: 5 }),
        (rounds) => {
          const known = new KnownResponses();
          const readers = [0, 1, 2].map(() => new AnswerReader(mode, 0n, false, known));
          for (const responses of [...rounds, ...rounds]) {
            const got = readByTurns(responses.map((pieces, i) => reading(readers[i]!, pieces)));
            const expected = responses.map((pieces) => read(new AnswerReader(mode, 0n), pieces));
            if (!isDeepStrictEqual(got, expected)) expect(got).toEqual(expected);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it("understands an answer that differs from the last in its id alone, and no other", () => {
    const reader = new AnswerReader("chat", 0n);
    const answer = (name: string, rest: string) => {
      const text = `{"id":"${name}","choices":[{"text":"a"}]${rest}}`;
      const head = `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n`;
      return [Buffer.from(head), Buffer.from(text)];
    };
    expect(read(reader, answer("1", ""))).toMatchObject({ failure: null });
    expect(read(reader, answer("2", ""))).toMatchObject({ failure: null });
    expect(read(reader, answer('2"', ""))).toMatchObject({ failure: { failure: "not understood" } });
    expect(read(reader, answer("2", "}"))).toMatchObject({ failure: { failure: "not understood" } });
  });
});
