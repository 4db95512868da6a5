import { gzipSync } from "node:zlib";
import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import type { Server } from "../../src/client/server.js";
import { type Random, random } from "../../src/stats/random.js";
import { type ScriptedServer, type Step, serveChat } from "./scripted-server.js";

const STREAMS = 10_000;
const AT_ONCE = 32;

/** What a stream of chat chunks says, read whole and plainly: eventsource-parser 3.1.1, JSON, and a loop. */
function expected(source: string) {
  const said = {
    text: "",
    reasoning: "",
    prompt_tokens: null as number | null,
    done: false,
    tokens: 0,
    finished: false,
  };
  const parser = createParser({
    onEvent({ data }) {
      if (said.done) return;
      if (data === "[DONE]") {
        said.done = true;
        return;
      }
      const { choices, usage } = JSON.parse(data);
      for (const { index, delta, finish_reason } of choices) {
        said.finished ||= index === 0 && finish_reason === "stop";
        said.tokens += delta?.content || delta?.reasoning_content || delta?.tool_calls ? 1 : 0;
        if (index === 0) said.text += delta?.content ?? "";
        if (index === 0) said.reasoning += delta?.reasoning_content ?? "";
      }
      said.prompt_tokens = usage?.prompt_tokens ?? said.prompt_tokens;
    },
  });
  parser.feed(source);
  return said;
}

const word = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.constantFrom("你好", "🌍🏳️‍🌈", "é", '"content":"x"', "data: [DONE]\n\n", "\r\n", "\u2028", "\\u0041"),
);
const tool = [{ index: 0, function: { name: "f", arguments: "{}" } }];
const delta = fc.oneof(
  { weight: 6, arbitrary: word.map((content) => ({ content })) },
  { weight: 1, arbitrary: word.map((reasoning_content) => ({ reasoning_content })) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      { role: "assistant" },
      { role: "assistant", content: "" },
      { content: null },
      {},
      null,
      { tool_calls: tool },
    ),
  },
);
const choice = fc.record({
  index: fc.constantFrom(0, 0, 0, 1),
  delta,
  finish_reason: fc.constantFrom(null, null, "stop"),
});
const chunk = fc
  .record({ choices: fc.array(choice, { maxLength: 2 }) })
  .map((value) => JSON.stringify(value));
const spaced = (json: string) => JSON.stringify(JSON.parse(json), null, 1).replaceAll(/\n */g, " ");
const event = fc
  .tuple(chunk, fc.constantFrom("data: ", "data:"), fc.boolean())
  .map(([json, field, wide]) => `${field}${wide ? spaced(json) : json}`);
const noise = fc.constantFrom(": ping", ":", "event: message", "id: 7", "retry: 10");
const stream = fc
  .record({
    events: fc.array(fc.oneof({ weight: 5, arbitrary: event }, { weight: 1, arbitrary: noise }), {
      minLength: 1,
      maxLength: 8,
    }),
    usage: fc.boolean(),
    newline: fc.constantFrom("\n", "\n", "\r\n", "\r"),
    after: fc.constantFrom("", "", "", 'data: {"late":1}'),
  })
  .map(({ events, usage, newline, after }) => {
    const last = usage ? ['data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":1}}'] : [];
    const lines = [...events, ...last, "data: [DONE]", ...(after === "" ? [] : [after])];
    return lines.map((line) => `${line}${newline}${newline}`).join("");
  });

type Framing = "chunked" | "length" | "close" | "gzip";
const FRAMINGS: readonly Framing[] = ["chunked", "chunked", "chunked", "length", "close", "gzip"];

/** The response's bytes, framed in one of the ways HTTP/1 knows. */
function framed(body: Buffer, framing: Framing, source: Random): Buffer {
  const head = (lines: string) =>
    Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n${lines}\r\n`);
  switch (framing) {
    case "length":
      return Buffer.concat([head(`content-length: ${body.length}\r\n`), body]);
    case "close":
      return Buffer.concat([head("connection: close\r\n"), body]);
    case "gzip": {
      const packed = gzipSync(body);
      return Buffer.concat([head(`content-encoding: gzip\r\ncontent-length: ${packed.length}\r\n`), packed]);
    }
    case "chunked": {
      const pieces = cut(body, source).map((piece) =>
        Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]),
      );
      return Buffer.concat([head("transfer-encoding: chunked\r\n"), ...pieces, Buffer.from("0\r\n\r\n")]);
    }
  }
}

/** Cuts bytes at up to six random places. */
function cut(bytes: Buffer, source: Random): Buffer[] {
  const places = Array.from({ length: source.int(6) }, () => 1 + source.int(bytes.length));
  const ends = [...new Set([...places, bytes.length])].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

const streams = fc.sample(stream, { numRuns: STREAMS, seed: 6 });
/** Answers the n-th stream to the request that names it. */
function answer(content: string): Step[] {
  const n = Number(content);
  const source = random("wire").fork(content);
  const framing = FRAMINGS[source.int(FRAMINGS.length)]!;
  const pieces = cut(framed(Buffer.from(streams[n]!), framing, source), source);
  return framing === "close" ? [...pieces, "CLOSE"] : pieces;
}

let listener: ScriptedServer;
let server: Server;
beforeAll(async () => {
  listener = await serveChat(({ body }) => answer(JSON.parse(body).messages[0].content));
  server = await connect(listener.url);
});
afterAll(async () => {
  server.close();
  await listener.close();
});

it("ten thousand streams, framed and cut at random, read over the wire as eventsource-parser reads them whole", async () => {
  let next = 0;
  let withText = 0;
  const reader = async () => {
    for (let n = next++; n < STREAMS; n = next++) {
      const source = streams[n]!;
      const said = expected(source);
      const got = await server.chat({ messages: [{ role: "user", content: String(n) }] });
      expect({
        n,
        text: got.text,
        reasoning: got.reasoning,
        prompt_tokens: got.prompt_tokens,
        outcome: got.outcome,
        hasTtft: got.ttft_seconds !== null,
      }).toEqual({
        n,
        text: said.text,
        reasoning: said.reasoning,
        prompt_tokens: said.prompt_tokens,
        // An answer may be empty, if it says that it is over.
        outcome: said.tokens > 0 || said.finished ? "ok" : "error",
        hasTtft: hasContent(source),
      });
      if (said.text !== "") withText++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, reader));
  expect(withText).toBeGreaterThan(STREAMS / 2);
});

/** Some choice, the first or another, has text. */
function hasContent(source: string): boolean {
  let found = false;
  const parser = createParser({
    onEvent({ data }) {
      if (data.startsWith('{"choices"') || data.startsWith('{ "choices"'))
        found ||= JSON.parse(data).choices.some(
          (one: { delta: { content?: string } | null }) => !!one.delta?.content,
        );
    },
  });
  parser.feed(source);
  return found;
}
