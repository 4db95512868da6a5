import { isDeepStrictEqual } from "node:util";
import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ContentStamps } from "../../../src/client/answer/content-stamps.js";
import { EventShapes } from "../../../src/client/answer/event-shapes.js";
import { StreamScanner } from "../../../src/client/answer/stream-scanner.js";
import { laterReason, meaningOf } from "../../../src/client/event/event-meaning.js";
import { mergeUsage } from "../../../src/client/event/server-figures.js";
import type { JsonObject } from "../../../src/domain/json.js";
import { quantile } from "../../../src/stats/quantile.js";
import { runs } from "../../support/runs.js";

/** What a load wants to know of a stream. */
interface Reading {
  events: number;
  chunks: number;
  contentBytes: number;
  /** The number of the piece that completed the first event with content. */
  firstEvent: number | null;
  firstReasoning: number | null;
  firstContent: number | null;
  /** Of the numbers of the pieces that brought content, taken as nanoseconds. */
  itl: readonly [mean: number | null, p99: number | null];
  usage: JsonObject | null;
  text: string;
  hasReasoning: boolean;
  hasToken: boolean;
  hasBeside: boolean;
  finishReason: string | null;
  done: boolean;
  failure: string | null;
}

/** The plain way: eventsource-parser, and every event read in full. */
function readPlainly(pieces: readonly Buffer[]): Reading {
  const reading: Reading = {
    events: 0,
    chunks: 0,
    contentBytes: 0,
    firstEvent: null,
    firstReasoning: null,
    firstContent: null,
    itl: [null, null],
    usage: null,
    text: "",
    hasReasoning: false,
    hasToken: false,
    hasBeside: false,
    finishReason: null,
    done: false,
    failure: null,
  };
  let piece = 0;
  const contents: number[] = [];
  const take = (name: string | undefined, data: string): void => {
    if (reading.done || reading.failure !== null) return;
    const meaning = meaningOf({ at: 0n, name, data });
    if (meaning.kind === "ignored") return;
    if (meaning.kind === "done") {
      reading.done = true;
      return;
    }
    reading.events += 1;
    reading.firstEvent ??= piece;
    if (meaning.kind !== "chunk") {
      reading.failure = meaning.kind;
      if (meaning.kind === "error")
        reading.finishReason = laterReason(reading.finishReason, meaning.finishReason);
      return;
    }
    const { delta } = meaning;
    if (delta.hasReasoning) reading.firstReasoning ??= piece;
    if (delta.hasContent) {
      reading.chunks += 1;
      reading.contentBytes += Buffer.byteLength(delta.content);
      reading.firstContent ??= piece;
      if (delta.content !== "") contents.push(piece);
    }
    for (const report of delta.usage) reading.usage = mergeUsage(reading.usage, report);
    reading.text += delta.content;
    reading.hasReasoning ||= delta.hasReasoning;
    reading.hasToken ||= delta.hasContent || delta.hasReasoning || delta.hasOther;
    reading.hasBeside ||= delta.hasBeside;
    reading.finishReason = laterReason(reading.finishReason, delta.finishReason);
  };
  const decode = (text: string): string => Buffer.from(text, "latin1").toString("utf8");
  const parser = createParser({
    onEvent: ({ event, data }) => take(event && decode(event), decode(data)),
    onError: ({ field, value }) => {
      if (field === "error") take("error", decode(value ?? ""));
    },
  });
  let heldBack = "";
  for (const [i, bytes] of pieces.entries()) {
    piece = i;
    // A CR at the end of a piece ends its line, whether an LF follows or not.
    let text = bytes.toString("latin1");
    if (heldBack === "\r" && text.startsWith("\n")) text = text.slice(1);
    heldBack = text.endsWith("\r") ? "\r" : text === "" ? heldBack : "";
    parser.feed(heldBack === "\r" && text !== "" ? `${text}\n` : text);
  }
  if (contents.length > 1) {
    const gaps = contents.slice(1).map((one, i) => one - contents[i]!);
    const mean = (contents.at(-1)! - contents[0]!) / gaps.length / 1e9;
    reading.itl = [mean, quantile(gaps, 0.99) / 1e9];
  }
  return reading;
}

const numberOf = (stamp: bigint | null): number | null => (stamp === null ? null : Number(stamp));

/** Kept from stream to stream, as a client keeps its own. */
const KEPT = new ContentStamps();

/** The scanner's way. Each piece lies in the middle of a buffer full of other bytes, as a read lies in its own. */
function scan(pieces: readonly Buffer[], shapes = new EventShapes()): Reading {
  const scanner = new StreamScanner({ shapes, contents: KEPT, keepsText: true });
  for (const [i, piece] of pieces.entries()) {
    const bytes = Buffer.concat([Buffer.from('data: {"x\n\n'), piece, Buffer.from('"}]}\n\n')]);
    scanner.read(BigInt(i), bytes, 11, 11 + piece.length);
  }
  const { events, chunks, contentBytes, firstContent, hasReasoning, hasToken, hasBeside } = scanner;
  const { finishReason, done, failure } = scanner;
  const { itl_seconds, itl_p99_seconds } = scanner.contents.gaps();
  return {
    events,
    chunks,
    contentBytes,
    firstEvent: numberOf(scanner.firstEvent),
    firstReasoning: numberOf(scanner.firstReasoning),
    firstContent: numberOf(firstContent),
    itl: [itl_seconds, itl_p99_seconds],
    usage: scanner.usage,
    text: scanner.text,
    hasReasoning,
    hasToken,
    hasBeside,
    finishReason,
    done,
    failure: failure?.kind ?? null,
  };
}

/** In pieces that are not empty, as reads are. */
function cut(source: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => 1 + (place % (source.length - 1))))].sort((a, b) => a - b);
  return [...ends.filter((end) => end < source.length), source.length].map((end, i) =>
    source.subarray(ends[i - 1] ?? 0, end),
  );
}

const words = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.constantFrom(
    "",
    " token",
    "@1234567890123",
    '"',
    "\\",
    '\\"content":"x',
    "é🌍",
    "\u2028",
    "[DONE]",
    "\n",
  ),
);
const content = fc.oneof(
  { weight: 8, arbitrary: words },
  { weight: 1, arbitrary: fc.constant(null) },
  {
    weight: 1,
    arbitrary: fc.array(
      words.map((text) => ({ type: "text", text })),
      { maxLength: 2 },
    ),
  },
);
const delta = fc.oneof(
  { weight: 8, arbitrary: fc.record({ content }) },
  { weight: 2, arbitrary: fc.record({ role: fc.constant("assistant"), content: fc.constantFrom("", null) }) },
  { weight: 1, arbitrary: fc.record({ reasoning_content: words, content }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: fc.record({ content, tool_calls: fc.constantFrom([], [{ index: 0 }]) }) },
  { weight: 1, arbitrary: fc.constant({}) },
);
const choice = fc.record(
  {
    index: fc.constantFrom(0, 0, 0, 1),
    delta,
    text: words,
    logprobs: fc.constantFrom(null, { content: [{ token: "a" }] }, { content: "x" }),
    finish_reason: fc.constantFrom(null, null, null, "stop", "length", "abort"),
    error: fc.constantFrom(undefined, undefined, null, { code: 502, message: "gone" }),
  },
  { requiredKeys: ["index", "delta"] },
);
const chunk = fc.record(
  {
    id: fc.constantFrom("chatcmpl-1", "chatcmpl-1", "chatcmpl-2", '"content":"'),
    content: fc.constantFrom("decoy", ""),
    choices: fc.oneof(
      { weight: 6, arbitrary: fc.tuple(choice) },
      { weight: 1, arbitrary: fc.array(choice, { maxLength: 2 }) },
    ),
    usage: fc.constantFrom(null, { completion_tokens: 3 }),
    error: fc.constantFrom(null, null, null, { message: "no" }),
  },
  { requiredKeys: ["choices"] },
);
/** JSON as Node, as Python, and as nobody writes it. */
const written = fc.oneof(
  { weight: 5, arbitrary: chunk.map((value) => JSON.stringify(value)) },
  {
    weight: 4,
    arbitrary: chunk.map((value) =>
      // As Python's json.dumps: spaces after separators, ASCII only.
      JSON.stringify(value)
        .replace(/("(?:[^"\\]|\\.)*")|([:,])/g, (_, text, mark) => text ?? `${mark} `)
        .replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
    ),
  },
  { weight: 1, arbitrary: chunk.map((value) => JSON.stringify(value, null, " ").replace(/\n/g, "\ndata: ")) },
);
const block = fc.oneof(
  { weight: 12, arbitrary: written.map((data) => `data: ${data}`) },
  { weight: 2, arbitrary: written.map((data) => `data:${data}`) },
  { weight: 1, arbitrary: written.map((data) => `event: message\nid: 7\ndata: ${data}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...[": ping", "data", "data:", "id: 1", "retry: 3", "", "event: error\ndata: boom", "error: {}"],
      ...["event: ping\ndata: {}", "event: heartbeat\ndata: now", 'data: {"type":"ping"}', "data: ping"],
    ),
  },
  { weight: 1, arbitrary: written.map((data) => `data: ${data.slice(0, -2)}`) },
  { weight: 1, arbitrary: fc.constantFrom("data: [DONE]", "data:[DONE] ", "data: 7", "\ufeffdata: {}") },
);
/** What may stand between the quotes of a content, and what may not. */
const insides = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("a", " token", "é🌍", "@1234567890123", "\x7f") },
  { weight: 1, arbitrary: words.map((text) => JSON.stringify(text).slice(1, -1)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("", "\\q", "\\u12", "\\", "\\\\", '\\"', "\t", 'x","role":"y', '"'),
  },
);
/** The same few blocks again and again, as in a stream, with some that are new. */
const streams = fc
  .tuple(
    fc.array(block, { minLength: 1, maxLength: 4 }),
    fc.array(fc.tuple(fc.nat(), words), { maxLength: 24 }),
  )
  .map(([blocks, order]) =>
    order.map(([place, text]) => {
      const chosen = blocks[place % blocks.length]!;
      const plain = JSON.stringify(text);
      return place % 3 === 0
        ? chosen
        : chosen.replace(/("content": ?)"(?:[^"\\]|\\.)*"/, (_, key) => key + plain);
    }),
  );
const ends = fc.constantFrom("\n", "\n", "\n", "\r\n", "\r\n", "\r");

/** Vitest's comparison takes ten times as long as Node's; it tells the difference. */
const same = (got: unknown, expected: unknown) => {
  if (!isDeepStrictEqual(got, expected)) expect(got).toEqual(expected);
};

describe("the stream scanner", () => {
  it("reads what eventsource-parser and a full parse read, wherever the bytes are cut, and whatever came before", () => {
    const shapes = new EventShapes();
    fc.assert(
      fc.property(streams, ends, fc.array(fc.nat(), { maxLength: 12 }), (blocks, end, places) => {
        const source = Buffer.from(
          [...blocks, "data: [DONE]"].map((lines) => `${lines}\n\n`.replace(/\n/g, end)).join(""),
        );
        const pieces = cut(source, places);
        const expected = readPlainly(pieces);
        same(scan(pieces), expected);
        // Shapes learned from other streams change nothing.
        same(scan(pieces, shapes), expected);
      }),
      { numRuns: runs(300, 1000) },
    );
  });

  it("reads what a full parse reads when only the inside of the content differs, be it well written or not", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          ['data: {"choices":[{"index":0,"delta":{"content":"', '"},"finish_reason":null}]}'],
          ['data: {"choices": [{"delta": {"role": "assistant", "content": "', '"}}], "usage": null}'],
          ['data: {"choices":[{"text":"', '"}]}'],
          ['data: {"id":"', '","choices":[{"index":0,"delta":{"content":"a"}}]}'],
          ['data: {"id": "', '", "choices": [{"index": 0, "delta": {"role": "assistant"}}]}'],
          ['data: {"model":"m","id":"', '","choices":[{"index":0,"delta":{"content":"a"}}]}'],
          ['data: {"id":"a","choices":[{"delta":{"content":"b"}}],"id":"', '"}'],
        ),
        fc.array(insides, { minLength: 2, maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 4 }),
        ([before, after], contents, places) => {
          const events = contents.map((inside) => `${before}${inside}${after}\n\n`);
          const pieces = cut(Buffer.from(`${events.join("")}data: [DONE]\n\n`), places);
          same(scan(pieces), readPlainly(pieces));
        },
      ),
      { numRuns: runs(300, 1000) },
    );
  });

  it("reads what a full parse reads when only the time of making differs, be it a number or not", () => {
    const times = fc.oneof(
      fc.nat().map(String),
      fc.constantFrom("1790000000", "1790000001", "0", "01", "-1", "1.5", "1e9", "17 ", ""),
      fc.constantFrom("null", '"x"', "9".repeat(15), "9".repeat(16), "9".repeat(400)),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(
          [
            'data: {"id":"a","object":"chat.completion.chunk","created":',
            ',"choices":[{"delta":{"content":"b"}}]}',
          ],
          [
            'data: {"id": "a", "created": ',
            ', "choices": [{"delta": {"content": "b"}, "finish_reason": null}]}',
          ],
          ['data: {"id":"a","created":', "}"],
          ['data: {"choices":[{"delta":{"content":"b"}}],"id":"a","created":', "}"],
        ),
        fc.array(times, { minLength: 2, maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 4 }),
        ([before, after], all, places) => {
          const events = all.map((time) => `${before}${time}${after}\n\n`);
          const pieces = cut(Buffer.from(`${events.join("")}data: [DONE]\n\n`), places);
          expect(scan(pieces)).toEqual(readPlainly(pieces));
        },
      ),
      { numRuns: runs(300, 1000) },
    );
  });

  it("reads what a full parse reads when bytes of a good stream are broken", () => {
    const good = ["role", "a", "b", "c"]
      .map((text) => `data: {"choices":[{"index":0,"delta":{"content":"${text}"},"finish_reason":null}]}\n\n`)
      .join("");
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 3 }),
        fc.array(fc.nat(), { maxLength: 4 }),
        (changes, places) => {
          const source = Buffer.from(`${good}data: [DONE]\n\n`);
          for (const [place, byte] of changes) source[place % source.length] = byte;
          const pieces = cut(source, places);
          same(scan(pieces), readPlainly(pieces));
        },
      ),
      { numRuns: runs(300, 1000) },
    );
  });
});
