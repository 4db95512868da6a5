import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { type ConnectOptions, connect } from "../../src/client/connect.js";
import type { TimedCompletion } from "../../src/client/request.js";
import {
  chunk,
  DONE,
  delta,
  event,
  json,
  LAST_CHUNK,
  ROLE,
  type ScriptedServer,
  STREAM_HEAD,
  type Step,
  serveChat,
  stream,
  usage,
} from "./scripted-server.js";

let server: ScriptedServer | undefined;
afterEach(() => server?.close());

/** One chat answered with these bytes. */
async function chatWith(steps: readonly Step[], options: ConnectOptions = {}): Promise<TimedCompletion> {
  server = await serveChat(() => steps);
  const connection = await connect(server.url, options);
  const completion = await connection.chat({ messages: [{ role: "user", content: "Hi" }] });
  connection.close();
  return completion;
}

const HI = delta({ content: "Hi" });
const BODY = ROLE + HI + usage(5, 1) + DONE;

describe("a completion that ends well", () => {
  const shapes: readonly (readonly [string, readonly Step[]])[] = [
    ["each event in a chunk of its own", stream(ROLE, HI, usage(5, 1), DONE)],
    ["all events in one chunk and one read", [STREAM_HEAD + chunk(BODY) + LAST_CHUNK]],
    ["every byte in a read of its own", [...(STREAM_HEAD + chunk(BODY) + LAST_CHUNK)]],
    ["lines that end in CRLF", stream(BODY.replaceAll("\n", "\r\n"))],
    ["lines that end in CR alone", stream(BODY.replaceAll("\n", "\r"))],
    [
      "comments and keep-alive lines between events",
      stream(": ping\n\n", ROLE, ":\n\n", HI, ": ping\n\n", usage(5, 1), DONE),
    ],
    ["a byte order mark", stream(`\ufeff${BODY}`)],
    ["data without a space after the colon", stream(BODY.replaceAll("data: ", "data:"))],
    ["JSON with spaces, as Python writes it", stream(BODY.replaceAll('":', '": '))],
    [
      "one event over several data lines",
      stream('data: {"choices": [{"index": 0,\ndata: "delta": {"content": "Hi"}}]}\n\n', usage(5, 1), DONE),
    ],
    ["event, id and retry fields", stream(`event: message\nid: 7\nretry: 10\n${HI}`, usage(5, 1), DONE)],
    [
      "a body counted by content-length",
      [`HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: ${BODY.length}\r\n\r\n`, BODY],
    ],
    [
      "a body that ends with the connection",
      ["HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n", BODY, "CLOSE"],
    ],
    ["HTTP/1.0", ["HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n", BODY, "CLOSE"]],
    [
      "interim responses before the real one",
      ["HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", ...stream(BODY)],
    ],
    [
      "chunk extensions and a trailer",
      [STREAM_HEAD + chunk(BODY).replace("\r\n", ";name=value\r\n"), "0\r\nx-trailer: 1\r\n\r\n"],
    ],
    [
      "bare line feeds in the head and between chunks",
      [STREAM_HEAD.replaceAll("\r\n", "\n") + chunk(BODY).replace("\r\n", "\n"), LAST_CHUNK],
    ],
    ["bytes after the end of the response", [...stream(BODY), "HTTP/1.1 200 OK\r\n\r\ngarbage"]],
    ["events after [DONE]", stream(BODY, delta({ content: "more" }), event({ error: "late" }))],
    ["[DONE] without its blank line", stream(ROLE, HI, usage(5, 1), "data: [DONE]")],
    ["a connection cut after [DONE]", [STREAM_HEAD, chunk(BODY), "RESET"]],
    ["a chunked body broken after [DONE]", [STREAM_HEAD, chunk(BODY), "xyz\r\n"]],
    [
      "a null delta, null content and a choice without delta",
      stream(
        delta(null),
        delta({ content: null }),
        event({ choices: [{ index: 0 }] }),
        HI,
        usage(5, 1),
        DONE,
      ),
    ],
    [
      "usage: null in every chunk but the last",
      stream(event({ choices: [{ index: 0, delta: { content: "Hi" } }], usage: null }), usage(5, 1), DONE),
    ],
    [
      "content as a list of parts",
      stream(delta({ content: [{ type: "text", text: "Hi" }] }), usage(5, 1), DONE),
    ],
    [
      "no content type",
      [STREAM_HEAD.replace("content-type: text/event-stream\r\n", ""), chunk(BODY), LAST_CHUNK],
    ],
  ];
  it.each(shapes)("is read from %s", async (_name, steps) => {
    expect(await chatWith(steps)).toMatchObject({
      outcome: "ok",
      error: null,
      text: "Hi",
      status: 200,
      prompt_tokens: 5,
      output_tokens: 1,
      ttft_seconds: expect.any(Number),
      first_reasoning_seconds: null,
    });
  });

  it.each([
    ["gzip", gzipSync(BODY)],
    ["br", brotliCompressSync(BODY)],
  ])("is read from a body that was compressed (%s) against our wish", async (encoding, bytes) => {
    const head = `HTTP/1.1 200 OK\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${bytes.length}\r\n\r\n`;
    const half = bytes.length >> 1;
    const completion = await chatWith([head, bytes.subarray(0, half), 20, bytes.subarray(half)]);
    expect(completion).toMatchObject({ outcome: "ok", text: "Hi", output_tokens: 1 });
  });

  it("keeps characters whole whose UTF-8 bytes came in different reads and chunks", async () => {
    const bytes = Buffer.from(delta({ content: "héllo 🌍 你好" }));
    const pieces = [...bytes].map((byte) =>
      Buffer.concat([Buffer.from("1\r\n"), Buffer.from([byte]), Buffer.from("\r\n")]),
    );
    const completion = await chatWith([STREAM_HEAD, ...pieces, chunk(DONE), LAST_CHUNK]);
    expect(completion.text).toBe("héllo 🌍 你好");
  });

  it("reads the first choice and times all of them", async () => {
    const choice = (index: number, content: string) => event({ choices: [{ index, delta: { content } }] });
    const completion = await chatWith(stream(ROLE, choice(1, "B"), choice(0, "A"), DONE));
    expect(completion).toMatchObject({ outcome: "ok", text: "A" });
  });

  it("takes [DONE] for the end even when the server never finishes the response", async () => {
    const completion = await chatWith([STREAM_HEAD, chunk(BODY)]);
    expect(completion).toMatchObject({ outcome: "ok", text: "Hi" });
    expect(completion.e2e_seconds).toBeLessThan(0.9);
  });
});

describe("kinds of tokens", () => {
  it.each(["reasoning_content", "reasoning"])("stamps %s apart from content", async (field) => {
    const completion = await chatWith([
      STREAM_HEAD,
      chunk(ROLE + delta({ [field]: "hm" })),
      40,
      chunk(HI + DONE),
      LAST_CHUNK,
    ]);
    expect(completion).toMatchObject({ outcome: "ok", text: "Hi", reasoning: "hm" });
    expect(completion.ttft_seconds! - completion.first_reasoning_seconds!).toBeGreaterThan(0.03);
  });

  it("has no ttft_seconds, yet is ok, when only reasoning came", async () => {
    const completion = await chatWith(
      stream(ROLE, delta({ reasoning_content: "hm" }), delta({}, "length"), DONE),
    );
    expect(completion).toMatchObject({
      outcome: "ok",
      ttft_seconds: null,
      reasoning: "hm",
      finish_reason: "length",
    });
    expect(completion.first_reasoning_seconds).toBeGreaterThan(0);
  });

  it("has no ttft_seconds, yet is ok, when only a tool call came", async () => {
    const call = delta({ tool_calls: [{ index: 0, function: { name: "f", arguments: "{}" } }] });
    const completion = await chatWith(stream(ROLE, call, delta({}, "tool_calls"), DONE));
    expect(completion).toMatchObject({ outcome: "ok", ttft_seconds: null, first_reasoning_seconds: null });
  });
});

describe("cached tokens", () => {
  const cached = (fields: object) => chatWith(stream(HI, event({ choices: [], ...fields }), DONE));
  it.each([
    [
      "usage.prompt_tokens_details.cached_tokens",
      { usage: { prompt_tokens_details: { cached_tokens: 0 } } },
      0,
    ],
    ["timings.cache_n", { timings: { cache_n: 612 } }, 612],
    [
      "usage.prompt_tokens_details.cached_tokens",
      { usage: { prompt_tokens_details: { cached_tokens: 7 } }, timings: { cache_n: 8 } },
      7,
    ],
  ])("are read from %s", async (source, fields, tokens) => {
    expect(await cached(fields)).toMatchObject({ cached_tokens: tokens, cached_tokens_source: source });
  });

  it.each([
    {},
    { usage: { prompt_tokens: 5 } },
    { usage: { prompt_tokens: 5, prompt_tokens_details: null } },
    { usage: { prompt_tokens_details: { cached_tokens: null } } },
    { usage: { prompt_tokens_details: { cached_tokens: "3" } } },
  ])("are null, not 0, when not reported (%j)", async (fields) => {
    expect(await cached(fields)).toMatchObject({
      outcome: "ok",
      cached_tokens: null,
      cached_tokens_source: null,
    });
  });
});

describe("a completion that does not end well", () => {
  const cases: readonly (readonly [string, readonly Step[], TimedCompletion["outcome"], string])[] = [
    [
      "a stream that ends without [DONE]",
      stream(ROLE, HI),
      "incomplete",
      "The server ended the stream without [DONE], after 2 events, the first token among them.",
    ],
    [
      "a connection closed before [DONE]",
      [STREAM_HEAD, chunk(ROLE), "CLOSE"],
      "incomplete",
      "The connection closed before [DONE], after 1 event.",
    ],
    [
      "a connection reset before [DONE]",
      [STREAM_HEAD, chunk(ROLE + HI), 20, "RESET"],
      "incomplete",
      "The connection broke (ECONNRESET) before [DONE], after 2 events, the first token among them.",
    ],
    [
      "a connection closed inside an event",
      ["HTTP/1.0 200 OK\r\n\r\n", ROLE, 'data: {"choi', "CLOSE"],
      "incomplete",
      "The server ended the stream without [DONE], after 1 event.",
    ],
    [
      "a connection closed inside the head",
      ["HTTP/1.1 200 OK\r\ncontent-ty", "CLOSE"],
      "incomplete",
      "The connection closed before [DONE].",
    ],
    [
      "broken chunks",
      [STREAM_HEAD, chunk(ROLE), "zz\r\n"],
      "incomplete",
      "The response broke off: a chunk has no size, after 1 event.",
    ],
    [
      "an error in the stream",
      stream(ROLE, event({ error: { message: "out of memory", code: 500 } })),
      "error",
      "The server reported an error in event 2 of the stream: out of memory.",
    ],
    [
      "an error after the first token",
      stream(ROLE, HI, event({ error: "boom" }), DONE),
      "error",
      "The server reported an error in event 3 of the stream: boom.",
    ],
    [
      "an event named error",
      stream(ROLE, 'event: error\ndata: {"message":"engine died"}\n\n'),
      "error",
      "The server reported an error in event 2 of the stream: engine died.",
    ],
    [
      "the error field of old llama.cpp servers",
      stream(ROLE, 'error: {"message":"slot lost"}\n\n'),
      "error",
      "The server reported an error in event 2 of the stream: slot lost.",
    ],
    [
      "vLLM's older error object",
      stream(event({ object: "error", message: "too long", code: 400 })),
      "error",
      "The server reported an error in event 1 of the stream: too long.",
    ],
    [
      "an event that is not JSON",
      stream(ROLE, "data: oops\n\n"),
      "error",
      "Event 2 of the stream is not a JSON object: oops.",
    ],
    [
      "HTTP 400 with OpenAI's error",
      [
        json(
          { error: { message: "max_tokens is too large", type: "invalid_request_error" } },
          "400 Bad Request",
        ),
      ],
      "error",
      "HTTP 400: max_tokens is too large.",
    ],
    [
      "HTTP 404 with FastAPI's detail",
      [json({ detail: "Not Found" }, "404 Not Found")],
      "error",
      "HTTP 404: Not Found.",
    ],
    [
      "HTTP 422 with FastAPI's list",
      [json({ detail: [{ loc: ["body"], msg: "field required" }] }, "422 Unprocessable Entity")],
      "error",
      "HTTP 422: field required.",
    ],
    [
      "HTTP 429 with plain text",
      ["HTTP/1.1 429 Too Many Requests\r\ncontent-length: 9\r\n\r\nslow down"],
      "error",
      "HTTP 429: slow down.",
    ],
    [
      "HTTP 502 with a page",
      [
        "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 75\r\n\r\n<html><head><title>x</title></head><body><h1>Bad Gateway</h1></body></html>",
      ],
      "error",
      "HTTP 502: Bad Gateway.",
    ],
    [
      "HTTP 503 without a body",
      ["HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"],
      "error",
      "HTTP 503: Service Unavailable.",
    ],
    [
      "HTTP 500 that is cut",
      ["HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\nnot all", "CLOSE"],
      "error",
      "HTTP 500: not all.",
    ],
    [
      "a redirect",
      ["HTTP/1.1 307 Temporary Redirect\r\nlocation: https://other/v1\r\ncontent-length: 0\r\n\r\n"],
      "error",
      "HTTP 307: the server redirects to https://other/v1; use that address instead.",
    ],
    [
      "an answer in one piece",
      [json({ object: "chat.completion", choices: [{ message: { content: "Hi" } }] })],
      "error",
      "The server answered in one piece although a stream was requested: TTFT can't be measured.",
    ],
    [
      "an error with status 200",
      [json({ error: { message: "no such model" } })],
      "error",
      "The server answered with JSON instead of an event stream: no such model.",
    ],
    [
      "a page with status 200",
      ["HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n<html>hi</html>"],
      "error",
      'The server did not answer with an event stream: "<html>hi</html>".',
    ],
    [
      "an empty body",
      ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"],
      "error",
      "The server answered with an empty body instead of an event stream.",
    ],
    [
      "no content",
      ["HTTP/1.1 204 No Content\r\n\r\n"],
      "error",
      "The server answered with an empty body instead of an event stream.",
    ],
    [
      "two content lengths",
      ["HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n"],
      "error",
      expect.stringContaining("does not speak HTTP/1.1 (its content-length is not a single number"),
    ],
    [
      "an unknown compression",
      ["HTTP/1.1 200 OK\r\ncontent-encoding: zstd\r\ncontent-length: 4\r\n\r\nabcd"],
      "error",
      "The server compressed the body although nothing asked for that, and it can't be read (zstd: not an encoding this client knows).",
    ],
    [
      "a damaged compression",
      ["HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nabcd"],
      "error",
      "The server compressed the body although nothing asked for that, and it can't be read (gzip: incorrect header check).",
    ],
  ];
  it.each(cases)("is told of %s", async (_name, steps, outcome, error) => {
    const completion = await chatWith(steps);
    expect(completion).toMatchObject({ outcome, error });
  });

  it("keeps what was measured before the failure", async () => {
    const completion = await chatWith([STREAM_HEAD, chunk(ROLE), 20, chunk(HI), "CLOSE"]);
    expect(completion).toMatchObject({ outcome: "incomplete", text: "Hi", e2e_seconds: null });
    expect(completion.ttft_seconds).toBeGreaterThan(completion.first_event_seconds!);
  });

  it("shows a server's message on one line, shortened and without control characters", async () => {
    const message = `bad\u001b[31m\r\nthing\u202e ${"x".repeat(1000)}`;
    const completion = await chatWith([json({ error: { message } }, "400 Bad Request")]);
    expect(completion.error).toMatch(/^HTTP 400: bad \[31m thing x+…$/);
    expect(completion.error!.length).toBeLessThan(320);
  });
});
