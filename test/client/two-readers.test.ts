import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CompletionBodies } from "../../src/client/answer/completion.js";
import { judge } from "../../src/client/answer/verdict.js";
import { keepAll } from "../../src/domain/secrets/redactor.js";
import { AnswerReader } from "../../src/load/answers/answer-reader.js";
import { parseEndpoint } from "../../src/wire/endpoint.js";
import type { ExchangeEnd } from "../../src/wire/exchange.js";
import { ResponseScanner } from "../../src/wire/http-response.js";
import { runs } from "../support/runs.js";

const ENDPOINT = parseEndpoint("http://localhost:1");

type End = "FIN" | "RST" | "nothing more";

/** Used for all responses in turn, as the timed client does. */
const bodies = new CompletionBodies();

/** What the timed client makes of these reads of one response. */
async function timed(pieces: readonly Buffer[], end: End) {
  const body = bodies.take({});
  const scanner: ResponseScanner = new ResponseScanner((at, bytes, from, to) =>
    body.onBody(at, bytes, from, to, scanner.head!),
  );
  for (const [i, piece] of pieces.entries()) scanner.read(BigInt(i), piece, 0, piece.length);
  const how = ended(scanner.done || (end === "FIN" && scanner.close()), end, body.satisfied());
  const exchange = { sent: 0n, firstByte: 0n, lastByte: 99n, head: scanner.head, end: how, reusable: false };
  const report = await body.finish(exchange);
  const { completion: stream, other, unreadable } = report;
  const received = { head: scanner.head, hasBegun: true, stream, body: other, unreadable };
  const { outcome, error } = judge(ENDPOINT, how, received, keepAll);
  const { text, finishReason, events } = report.completion;
  bodies.giveBack(body);
  return { outcome, error, bytes: Buffer.byteLength(text), finishReason, events };
}

/** And what a load does. */
function loaded(reader: AnswerReader, pieces: readonly Buffer[], end: End) {
  reader.restart();
  for (const [i, piece] of pieces.entries()) reader.read(BigInt(i), piece, 0, piece.length);
  const how = ended(reader.done || (end === "FIN" && reader.close()), end, reader.stream!.over);
  const settled = how.how === "satisfied" ? ({ how: "complete" } as const) : how;
  const failure = reader.finish(settled as Parameters<AnswerReader["finish"]>[0], 99n, ENDPOINT, keepAll);
  const { contentBytes, finishReason, events } = reader.stream!;
  return {
    outcome: failure?.outcome ?? "ok",
    error: failure?.error ?? null,
    bytes: contentBytes,
    finishReason,
    events,
  };
}

/** As either would settle it; one that has nothing more to wait for but bytes times out. */
function ended(isComplete: boolean, end: End, isOver: boolean): ExchangeEnd {
  if (isComplete) return { how: "complete" };
  if (end !== "nothing more")
    return {
      how: "cut",
      error: end === "FIN" ? null : Object.assign(new Error("reset"), { code: "ECONNRESET" }),
    };
  return isOver ? { how: "satisfied" } : { how: "timeout", limit: "total", seconds: 1 };
}

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const choice = fc.record(
  {
    index: fc.constantFrom(0, 0, 0, 1),
    delta: fc.oneof(
      fc.record({ content: fc.constantFrom("", "a", "é🌍", null, [{ type: "text", text: "b" }]) }),
      fc.record({ reasoning: fc.constantFrom("hm", "") }),
      fc.constant({}),
    ),
    finish_reason: fc.constantFrom(null, null, null, "stop", "length", "abort", "content_filter", "new"),
    error: fc.constantFrom(undefined, undefined, undefined, { code: 502, message: "gone" }),
  },
  { requiredKeys: ["delta"] },
);
const block = fc.oneof(
  { weight: 6, arbitrary: choice.map((one) => event({ choices: [one] })) },
  {
    weight: 3,
    arbitrary: fc.constantFrom("a", "b").map((content) => event({ choices: [{ delta: { content } }] })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(event({ choices: [], usage: { prompt_tokens: 1 } }), event({ error: "boom" })),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...[
        "data:\n\n",
        ": ping\n\n",
        "id: 1\n\n",
        "event: ping\ndata: {}\n\n",
        "event: error\ndata: boom\n\n",
      ],
      ...[
        "data: oops\n\n",
        "data: [DONE]\n\n",
        "data:[DONE]\n\n",
        'data: {"choices"',
        "data: [DONE]",
        "data: null\n\n",
      ],
    ),
  },
);

describe("the timed client and a load", () => {
  it("read any bytes alike and tell of them in the same words, wherever they are cut and however they end", async () => {
    const reader = new AnswerReader("stream", 0n);
    await fc.assert(
      fc.asyncProperty(
        fc.array(block, { maxLength: 8 }),
        fc.boolean(),
        fc.constantFrom("\n", "\r\n"),
        fc.constantFrom<"chunked" | "unfinished" | "until close">("chunked", "unfinished", "until close"),
        fc.constantFrom<End>("FIN", "RST", "nothing more"),
        fc.array(fc.nat(), { maxLength: 6 }),
        async (blocks, done, newline, framing, end, places) => {
          const text = (blocks.join("") + (done ? "data: [DONE]\n\n" : "")).replaceAll("\n", newline);
          const size = Buffer.byteLength(text).toString(16);
          const chunked = `transfer-encoding: chunked\r\n\r\n${text === "" ? "" : `${size}\r\n${text}\r\n`}`;
          const rest = { chunked: `${chunked}0\r\n\r\n`, unfinished: chunked, "until close": `\r\n${text}` }[
            framing
          ];
          const bytes = Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n${rest}`);
          const ends = [...new Set(places.map((place) => 1 + (place % bytes.length)))].sort((a, b) => a - b);
          const pieces = [...ends.filter((at) => at < bytes.length), bytes.length].map((at, i) =>
            bytes.subarray(ends[i - 1] ?? 0, at),
          );
          expect(loaded(reader, pieces, end)).toEqual(await timed(pieces, end));
        },
      ),
      { numRuns: runs(200, 600) },
    );
  });
});
