import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import {
  chunk,
  DONE,
  delta,
  event,
  json,
  LAST_CHUNK,
  ROLE,
  STREAM_HEAD,
  stream,
  usage,
} from "../client/scripted-server.js";
import { type FaultCase, oneChat, oneRequest } from "./fault-case.js";
import { chats } from "./hostile-server.js";

const HI = delta({ content: "Hi" });
const END = delta({}, "stop");
const BODY = ROLE + HI + usage(64, 1) + DONE;
const chunked = (body: string) => [STREAM_HEAD, chunk(body), LAST_CHUNK];

/** The head of an answer that ends with its connection. */
const head = (lines: string) =>
  `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n${lines}connection: close\r\n\r\n`;
const closing = (body: string | Buffer, lines = "") => [head(lines), body, "CLOSE"] as const;
const encoded = (coding: string, body: string | Buffer) => closing(body, `content-encoding: ${coding}\r\n`);

/** The bytes of chunks and of bodies that are cut. */
const CHUNKS = oneChat("a stream", [
  ["has a chunk whose size is no number", [STREAM_HEAD, "size\r\n", "CLOSE"], "incomplete"],
  ["has a chunk of a negative size", [STREAM_HEAD, chunk(HI), "-5\r\n", "CLOSE"], "incomplete"],
  ["has a chunk of 2^64 bytes", [STREAM_HEAD, chunk(HI), `1${"0".repeat(16)}\r\n`, "CLOSE"], "incomplete"],
  ["has a chunk without a size", [STREAM_HEAD, chunk(HI), "\r\n\r\n", "CLOSE"], "incomplete"],
  ["has a chunk longer than it says", [STREAM_HEAD, `5\r\n${HI}\r\n`, LAST_CHUNK], "incomplete"],
  ["has a chunk shorter than it says", [STREAM_HEAD, `fff\r\n${HI}\r\n`, LAST_CHUNK, "CLOSE"], "incomplete"],
  ["has no line end behind a chunk", [STREAM_HEAD, chunk(HI).trimEnd(), LAST_CHUNK, "CLOSE"], "incomplete"],
  ["ends without an event", [STREAM_HEAD, LAST_CHUNK], "error", /empty/],
  ["is cut within a chunk's size", [STREAM_HEAD, chunk(HI), "1", "CLOSE"], "incomplete"],
  ["is cut within an event", [STREAM_HEAD, chunk(HI.slice(0, 20)), "CLOSE"], "incomplete"],
  ["is cut between two events", [STREAM_HEAD, chunk(ROLE), chunk(HI), "CLOSE"], "incomplete"],
  ["is cut within a character", [STREAM_HEAD, chunk(HI), "3\r\ndata: \u{1f600}", "CLOSE"], "incomplete"],
  ["is reset between two events", [STREAM_HEAD, chunk(HI), "RESET"], "incomplete"],
  ["stops between two events", [STREAM_HEAD, chunk(ROLE), chunk(HI)], "timeout", " 2 s"],
  ["ends as a body without [DONE] or a reason", chunked(ROLE + HI), "incomplete"],
  ["ends with a reason and without [DONE]", chunked(ROLE + HI + END), "ok"],
  ["ends with [DONE] and without the last chunk", [STREAM_HEAD, chunk(BODY), "CLOSE"], "ok"],
  ["is reset behind [DONE]", [STREAM_HEAD, chunk(BODY), "RESET"], "ok"],
  ["is garbage behind [DONE]", [STREAM_HEAD, chunk(BODY), "xyz\r\n"], "ok"],
  ["has a trailer", [STREAM_HEAD, chunk(BODY), "0\r\nx-sum: 1\r\n\r\n"], "ok"],
  ["has extensions of its chunks", [STREAM_HEAD, chunk(BODY).replace("\r\n", ";a=b\r\n"), LAST_CHUNK], "ok"],
  ["has bare line feeds", [STREAM_HEAD, chunk(BODY).replace("\r\n", "\n"), LAST_CHUNK], "ok"],
  [
    "is chunked and has a length too",
    [head("transfer-encoding: chunked\r\ncontent-length: 3\r\n"), chunk(BODY), LAST_CHUNK],
    "ok",
  ],
  ["is coded in an unknown way, but plain", [head("transfer-encoding: foo\r\n"), BODY, "CLOSE"], "ok"],
  ["is longer than its length", closing(BODY, `content-length: ${(ROLE + HI).length}\r\n`), "incomplete"],
  ["is shorter than its length", closing(ROLE + HI, "content-length: 9999\r\n"), "incomplete"],
  ["is shorter than its length but done", closing(BODY, "content-length: 9999\r\n"), "ok"],
]);

const gzipped = gzipSync(BODY);
const broken = Buffer.from(gzipped).fill(0x55, 12, 40);
const wrongSum = Buffer.from(gzipped).fill(0, gzipped.length - 8, gzipped.length - 4);

/** Compressed bodies. */
const COMPRESSED = oneChat("a stream in", [
  ["gzip is good", encoded("gzip", gzipped), "ok"],
  ["gzip is good under its old name", encoded("x-gzip", gzipped), "ok"],
  ["br is good", encoded("br", brotliCompressSync(BODY)), "ok"],
  ["deflate is good", encoded("deflate", deflateSync(BODY)), "ok"],
  ["deflate without its frame is refused", encoded("deflate", deflateRawSync(BODY)), "error"],
  ["identity is good", encoded("identity", BODY), "ok"],
  ["gzip is plain text", encoded("gzip", BODY), "error"],
  ["br is plain text", encoded("br", BODY), "error"],
  ["deflate is plain text", encoded("deflate", BODY), "error"],
  ["gzip is cut within its head", encoded("gzip", gzipped.subarray(0, 6)), "error"],
  ["gzip is cut within its data", encoded("gzip", gzipped.subarray(0, 60)), "error"],
  ["br is cut within its data", encoded("br", brotliCompressSync(BODY).subarray(0, 30)), "error"],
  ["gzip is broken within its data", encoded("gzip", broken), "error"],
  ["gzip has a wrong sum behind [DONE]", encoded("gzip", wrongSum), "error"],
  ["gzip is empty", encoded("gzip", ""), "error"],
  ["gzip is packed twice", encoded("gzip, gzip", gzipSync(gzipped)), "error", "gzip, gzip"],
  ["an unknown coding is refused", encoded("rot13", BODY), "error", "rot13"],
]);

/** Events as they may and may not be. */
const EVENTS = oneChat("a stream whose events", [
  ["begin with a byte order mark is read", chunked(`\ufeff${BODY}`), "ok"],
  ["have a byte order mark within is read", chunked(`${ROLE + HI}\ufeff\n\n${usage(64, 1)}${DONE}`), "ok"],
  ["end in CR is read", chunked(BODY.replaceAll("\n", "\r")), "ok"],
  ["end in CRLF is read", chunked(BODY.replaceAll("\n", "\r\n")), "ok"],
  [
    "end in all three ways is read",
    chunked(ROLE.replaceAll("\n", "\r") + HI + DONE.replaceAll("\n", "\r\n")),
    "ok",
  ],
  ["come byte for byte is read", [...(STREAM_HEAD + chunk(BODY) + LAST_CHUNK)], "ok"],
  ["have no space behind the colon is read", chunked(BODY.replaceAll("data: ", "data:")), "ok"],
  ["have ids, names and times to wait is read", chunked(`id: 1\nevent: chunk\nretry: 3\n${BODY}`), "ok"],
  ["are comments alone is none", chunked(": ping\n\n".repeat(3)), "error"],
  ["are [DONE] alone is no answer", chunked(DONE), "error"],
  ["come twice done is read once", chunked(BODY + DONE + DONE), "ok"],
  ["go on behind [DONE] is read to there", chunked(BODY + delta({ content: "more" })), "ok"],
  ["are cut JSON is wrong", chunked(`${ROLE}data: {"choices": [{\n\n${DONE}`), "error"],
  ["are no JSON is wrong", chunked(`data: hello\n\n${DONE}`), "error"],
  ["are HTML is wrong", chunked("<html><body>502 Bad Gateway</body></html>"), "error"],
  ["are numbers is wrong", chunked(`data: 42\n\n${DONE}`), "error"],
  ["are lists is wrong", chunked(`data: []\n\n${DONE}`), "error"],
  ["are null is wrong", chunked(`data: null\n\n${DONE}`), "error"],
  ["are nested ten thousand deep is wrong", chunked(`data: ${"[".repeat(10_000)}\n\n${DONE}`), "error"],
  ["hold a comment of a megabyte is read", chunked(`: ${"x".repeat(1e6)}\n${BODY}`), "ok"],
  ["hold a text of 900 KB is read", chunked(ROLE + delta({ content: "x".repeat(9e5) }) + DONE), "ok"],
  ["hold a text of 2 MB is too long", chunked(ROLE + delta({ content: "x".repeat(2e6) }) + DONE), "error"],
  [
    "hold bytes that are no UTF-8 is read",
    [STREAM_HEAD, "6\r\ndata: \r\n", Buffer.from("4\r\n\xff\xfe\n\n\r\n", "latin1"), chunk(BODY), LAST_CHUNK],
    "ok",
  ],
  ["hold half a pair of surrogates is read", chunked(HI.replace("Hi", "\\ud83d") + DONE), "ok"],
  ["name an unknown field is read", chunked(`colour: red\n${BODY}`), "ok"],
]);

/** What stands in an event that is JSON. */
const SHAPES = oneChat("a chunk whose", [
  ["choices are empty is read over", stream(event({ choices: [] }), HI, DONE), "ok"],
  ["choices are null is read over", stream(event({ choices: null }), HI, DONE), "ok"],
  ["choices are a text is read over", stream(event({ choices: "none" }), HI, DONE), "ok"],
  ["choice is null is read over", stream(event({ choices: [null] }), HI, DONE), "ok"],
  ["delta is null is read over", stream(delta(null), HI, DONE), "ok"],
  ["delta is missing is read over", stream(event({ choices: [{ index: 0 }] }), HI, DONE), "ok"],
  ["content is a number is no text", stream(delta({ content: 5 }), HI, DONE), "ok"],
  ["content is an object is no text", stream(delta({ content: { a: 1 } }), HI, DONE), "ok"],
  [
    "content is a list of parts is text",
    stream(delta({ content: [{ type: "text", text: "Hi" }] }), DONE),
    "ok",
  ],
  [
    "reason is a number is none",
    stream(HI, event({ choices: [{ delta: {}, finish_reason: 7 }] }), DONE),
    "ok",
  ],
  ["reason is its length ends well", stream(HI, delta({}, "length"), DONE), "ok"],
  [
    "tool calls are all there is has no text",
    stream(delta({ tool_calls: [{ index: 0 }] }, "tool_calls"), DONE),
    "ok",
  ],
  [
    "reasoning is all there is has no content",
    stream(delta({ reasoning_content: "Hm" }, "length"), DONE),
    "ok",
  ],
  ["text is empty has no content", stream(ROLE, delta({ content: "" }, "stop"), DONE), "ok"],
  [
    "index is another's is not the first answer",
    stream(event({ choices: [{ index: 5, delta: { content: "x" } }] }), HI, DONE),
    "ok",
  ],
]);

const failure = { message: "the scheduler is on fire", type: "server_error", code: 500 };

/** Errors within a stream, as each kind of server words them. */
const ERRORS = oneChat("an error in a stream", [
  ["as OpenAI sends it", stream(ROLE, HI, event({ error: failure }), DONE), "error", "on fire"],
  ["before any text", stream(event({ error: failure }), DONE), "error", "on fire"],
  [
    "as OpenAI names it",
    stream(HI, `event: error\ndata: ${JSON.stringify({ error: failure })}\n\n`),
    "error",
    "on fire",
  ],
  ["as vLLM sent it", stream(HI, event({ object: "error", ...failure }), DONE), "error", "on fire"],
  ["as SGLang sends it", stream(HI, event({ error: { ...failure, param: null } }), DONE), "error", "on fire"],
  ["as llama.cpp names it", stream(HI, `error: ${JSON.stringify(failure)}\n\n`), "error", "on fire"],
  ["as Ollama sends it", stream(HI, event({ error: failure.message })), "error", "on fire"],
  [
    "as LiteLLM sends it",
    stream(HI, event({ error: { ...failure, type: null, code: "500" } })),
    "error",
    "on fire",
  ],
  [
    "as TGI sends it",
    stream(HI, event({ error: failure.message, error_type: "generation" })),
    "error",
    "on fire",
  ],
  [
    "as Anthropic sends it",
    stream(HI, `event: error\n${event({ type: "error", error: failure })}`),
    "error",
    "on fire",
  ],
  ["as FastAPI words it", stream(HI, event({ detail: failure.message })), "error"],
  [
    "as a line of JSON",
    [STREAM_HEAD, chunk(HI), chunk(`${JSON.stringify({ error: failure })}\n`), LAST_CHUNK],
    "error",
    "on fire",
  ],
  ["as a reason to finish", stream(HI, delta({}, "error"), DONE), "error"],
  ["with a message of 1 MB", stream(HI, event({ error: { message: "x".repeat(1e6) } }), DONE), "error"],
  ["without a message", stream(HI, event({ error: {} }), DONE), "error"],
]);

/** Answers that are no stream. */
const WHOLE = oneChat("instead of a stream", [
  [
    "a whole answer comes",
    [json({ choices: [{ message: { content: "Hi" }, finish_reason: "stop" }] })],
    "error",
  ],
  [
    "an HTML page comes",
    ["HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>"],
    "error",
  ],
  ["nothing comes", ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"], "error", /empty/],
  ["an error comes with 200", [json({ error: failure })], "error", "on fire"],
  ["binary data comes", closing(Buffer.from("\0\u0001\u0002\ufffd".repeat(50))), "error"],
]);

/** What usage says that can't be. */
const usages = (value: unknown) => stream(ROLE, HI, event({ choices: [], usage: value }), DONE);
const USAGES: readonly FaultCase[] = (
  [
    ["a text", "many"],
    ["a list", [64, 1]],
    ["empty", {}],
    ["of texts", { prompt_tokens: "64", completion_tokens: "1" }],
    ["of objects", { prompt_tokens: { n: 64 } }],
    ["of fractions", { prompt_tokens: 0.5, completion_tokens: 0.5 }],
    ["of negative counts", { prompt_tokens: -64, completion_tokens: -1 }],
    ["null in all its parts", { prompt_tokens: null, prompt_tokens_details: null }],
  ] as const
).map(([what, value]) => ({
  name: `usage is ${what}`,
  server: chats(usages(value)),
  command: oneRequest(),
  exit: 0,
  log: ["ok"],
  holds: ({ log }) => {
    const [record] = log as readonly Record<string, unknown>[];
    for (const key of ["prompt_tokens", "output_tokens", "cached_tokens"])
      if (record![key] !== null) throw new Error(`${key} is ${record![key]}`);
  },
}));

/** What goes wrong within the body of an answer. */
export const SERVER_STREAM: readonly FaultCase[] = [
  ...CHUNKS,
  ...COMPRESSED,
  ...EVENTS,
  ...SHAPES,
  ...ERRORS,
  ...WHOLE,
  ...USAGES,
];
