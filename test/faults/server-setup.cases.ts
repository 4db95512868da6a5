import { json, type Step, stream, usage } from "../client/scripted-server.js";
import { type FaultCase, oneChat, oneRequest, sweep } from "./fault-case.js";
import { answerWell, chats, path, SILENCE } from "./hostile-server.js";

const text = (status: string, type: string, body: string, more = ""): string =>
  `HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\n${more}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

const WORDS = "the scheduler is on fire";
const failure = { message: WORDS, type: "server_error", param: null, code: null };

/** Bodies of refusals, as servers and the proxies before them word them. */
const BODIES: readonly (readonly [string, (status: string) => string, RegExp])[] = [
  ["as OpenAI does", (status) => json({ error: failure }, status), /on fire/],
  ["as vLLM did", (status) => json({ object: "error", ...failure, code: 1 }, status), /on fire/],
  ["as FastAPI does", (status) => json({ detail: WORDS }, status), /on fire/],
  ["as pydantic does", (status) => json({ detail: [{ loc: ["body"], msg: WORDS }] }, status), /on fire/],
  ["as Ollama does", (status) => json({ error: WORDS }, status), /on fire/],
  ["in plain text", (status) => text(status, "text/plain", WORDS), /on fire/],
  ["with a page", (status) => text(status, "text/html", `<html><h1>${WORDS}</h1></html>`), /on fire/],
  ["without a body", (status) => `HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`, /\d{3}/],
  ["with a list", (status) => json([{ error: failure }], status), /\d{3}/],
  ["with a number", (status) => json(7, status), /\d{3}/],
  ["with cut JSON", (status) => text(status, "application/json", '{"error": {"mess'), /\d{3}/],
  ["with a message that is no text", (status) => json({ error: { message: { a: [1] } } }, status), /\d{3}/],
];

const STATUSES = [
  ...["400 Bad Request", "401 Unauthorized", "402 Payment Required", "403 Forbidden", "404 Not Found"],
  ...["405 Method Not Allowed", "408 Request Timeout", "409 Conflict", "410 Gone", "411 Length Required"],
  ...["413 Content Too Large", "415 Unsupported Media Type", "418 I'm a teapot", "421 Misdirected Request"],
  ...["422 Unprocessable Content", "424 Failed Dependency", "425 Too Early", "429 Too Many Requests"],
  ...["431 Too Large", "451 Unavailable For Legal Reasons", "499 Client Closed Request"],
  ...["500 Internal Server Error", "501 Not Implemented", "502 Bad Gateway", "503 Service Unavailable"],
  ...["504 Gateway Timeout", "507 Insufficient Storage", "520 Unknown", "524 A Timeout", "529 Overloaded"],
  ...["599 Network Connect Timeout"],
];

/** Every status with one of the bodies, and every body with several statuses. */
const REFUSALS = STATUSES.map((status, index): FaultCase => {
  const [how, body, says] = BODIES[index % BODIES.length]!;
  return {
    name: `a chat is refused with ${status} ${how}`,
    server: chats([body(status)]),
    exit: 1,
    says: [`HTTP ${status.slice(0, 3)}`, says],
    log: ["error"],
  };
});

const FIELD_REFUSALS = oneChat("a field that no server must know", [
  [
    "is refused once and left out",
    ({ body }) =>
      body.includes("stream_options")
        ? [json({ detail: "Unrecognized request argument supplied: stream_options" }, "400 Bad Request")]
        : stream(...hiWith(64)),
    "ok",
  ],
  [
    "is refused again and again",
    [json({ error: { message: "Unknown parameter: 'stream_options'." } }, "400 Bad Request")],
    "error",
    /stream_options/,
  ],
]);

function hiWith(tokens: number): string[] {
  return [
    'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n',
    usage(tokens, 1),
  ];
}

/** Lists of models: whether the run goes on, and what is said where it does not. */
const models = (
  rows: readonly (readonly [how: string, answer: readonly Step[], ends: "ok" | "refused", says?: RegExp])[],
): readonly FaultCase[] =>
  rows.map(([how, answer, ends, says]) => ({
    name: `the list of models ${how}`,
    server: path("/v1/models", answer),
    exit: ends === "ok" ? 0 : 1,
    says: [says ?? /./],
    log: ends === "ok" ? ["ok"] : null,
  }));

const tiny = { id: "tiny", object: "model" };
const MODELS = models([
  ["is empty", [json({ data: [] })], "refused", /lists no model/],
  ["is null", [json({ data: null })], "refused", /lists no model/],
  ["is missing", [json({ object: "list" })], "refused", /models/],
  ["is a number", [json(7)], "refused", /models/],
  ["is a text", [json("tiny")], "refused", /models/],
  ["is null itself", [json(null)], "refused", /models/],
  ["holds texts", [json({ data: ["tiny"] })], "refused", /models/],
  ["holds null", [json({ data: [null] })], "refused", /models/],
  ["holds ids that are numbers", [json({ data: [{ id: 7 }] })], "refused", /models/],
  ["holds ids that are empty", [json({ data: [{ id: "" }] })], "refused", /models/],
  ["holds patterns alone", [json({ data: [{ id: "*" }] })], "refused", /pattern/],
  ["is bare", [json([tiny])], "ok"],
  ["holds one model twice", [json({ data: [tiny, tiny] })], "ok"],
  ["holds good and bad", [json({ data: [null, 7, {}, tiny] })], "ok"],
  [
    "begins with a byte order mark",
    [text("200 OK", "application/json", `\ufeff${JSON.stringify({ data: [tiny] })}`)],
    "ok",
  ],
  ["calls itself text", [text("200 OK", "text/plain", JSON.stringify({ data: [tiny] }))], "ok"],
  ["is of 5,000 models", [json({ data: Array.from({ length: 5_000 }, (_, i) => ({ id: `m${i}` })) })], "ok"],
  ["has an id of 100,000 letters", [json({ data: [{ id: "m".repeat(100_000) }] })], "ok"],
  ["has a context limit that is a text", [json({ data: [{ ...tiny, max_model_len: "much" }] })], "ok"],
  ["has a context limit that is negative", [json({ data: [{ ...tiny, max_model_len: -1 }] })], "ok"],
  ["is a page", [text("200 OK", "text/html", "<html>Log in</html>")], "refused", /models/],
  ["is cut JSON", [text("200 OK", "application/json", '{"data": [{"id": "ti')], "refused", /models/],
  [
    "is nested ten thousand deep",
    [text("200 OK", "application/json", "[".repeat(10_000))],
    "refused",
    /models/,
  ],
  ["has no body", [text("200 OK", "application/json", "")], "refused", /models/],
  ["is 204", ["HTTP/1.1 204 No Content\r\n\r\n"], "refused", /204|models/],
  [
    "is shorter than its length",
    ["HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{", "CLOSE"],
    "refused",
    /closed/,
  ],
  [
    "is cut within a chunk",
    ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{", "CLOSE"],
    "refused",
    /closed/,
  ],
  ["is refused for the key", [json({ error: failure }, "401 Unauthorized")], "refused", /--api_key/],
  ["is forbidden", [text("403 Forbidden", "text/html", "<h1>No</h1>")], "refused", /--api_key/],
  ["is not there", [json({ detail: "Not Found" }, "404 Not Found")], "refused", /404/],
  ["fails", [text("500 Internal Server Error", "text/plain", "")], "refused", /500/],
  ["is not ready yet", [json({ error: failure }, "503 Service Unavailable")], "refused", /503.*on fire/],
  ["never comes", SILENCE, "refused", /2 s/],
]);

/** What `/tokenize` answers; it counts exactly, or an estimate stands in its place. */
const TOKENIZE: readonly FaultCase[] = (
  [
    ["fails", [json({ error: failure }, "500 Internal Server Error")]],
    ["answers with a page", [text("200 OK", "text/html", "<html></html>")]],
    ["answers with a text for a number", [json({ count: "3" })]],
    ["answers with a fraction", [json({ count: 2.5 })]],
    ["answers with a negative count", [json({ count: -3 })]],
    ["answers with none", [json({ count: 0, tokens: [] })]],
    ["answers with 1e9", [json({ count: 1e9 })]],
    ["answers with null", [json(null)]],
    ["answers with cut JSON", [text("200 OK", "application/json", '{"count": ')]],
    ["closes the connection", ["CLOSE"]],
    ["never answers", SILENCE],
  ] as const
).map(([how, answer]) => ({
  name: `/tokenize ${how}`,
  server: path("/tokenize", answer),
  exit: 0,
  says: ["an estimate"],
  log: ["ok"],
}));

/** What the counters of a vLLM answer; a run goes on without them. */
const METRICS: readonly FaultCase[] = (
  [
    ["are not there", [json({ detail: "Not Found" }, "404 Not Found")]],
    ["fail", [text("500 Internal Server Error", "text/plain", "")]],
    ["are a page", [text("200 OK", "text/html", "<html>{}</html>")]],
    ["are JSON", [json({ up: 1 })]],
    ["are binary", [Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n\0\xff\xfe\x01", "latin1")]],
    [
      "are NaN",
      [text("200 OK", "text/plain", "vllm:prefix_cache_hits_total NaN\nvllm:num_requests_running NaN\n")],
    ],
    ["are infinite", [text("200 OK", "text/plain", "vllm:prefix_cache_hits_total +Inf\n")]],
    ["are negative", [text("200 OK", "text/plain", "vllm:prefix_cache_hits_total -5\n")]],
    ["are cut within a line", [text("200 OK", "text/plain", "vllm:prefix_cache_hits_total{model=")]],
    ["have labels that are never closed", [text("200 OK", "text/plain", 'vllm:a{b="c\nvllm:d 1\n')]],
    ["close the connection", ["CLOSE"]],
    ["never come", SILENCE],
  ] as const
).map(([how, answer]) => ({
  name: `the counters ${how}`,
  server: path("/metrics", answer),
  command: sweep(1, "--profile", "vllm", "--timeout_seconds", "0.5"),
  exit: 0,
  log: ["ok", "ok", "ok", "ok"],
}));

/** What the routes answer by which a server is recognised; none of them may stop a run. */
const ROUTES = ["/", "/version", "/props", "/api/version", "/health", "/get_model_info", "/openapi.json"];
const RECOGNITION: readonly FaultCase[] = ROUTES.map((route, index) => ({
  name: `${route} answers with garbage`,
  server: path(route, [
    [json(7), json([[]]), text("200 OK", "text/plain", "\0"), "RESET" as const][index % 4]!,
  ]),
  exit: 0,
  log: ["ok"],
}));

/** Failures in the middle of a run that goes on. */
const MIDDLE: readonly FaultCase[] = [
  {
    name: "one of a sweep's cold requests fails, and its trial ends",
    server: chats((request, nth) =>
      nth === 3 ? [json({ error: failure }, "503 Busy")] : answerWell(request),
    ),
    command: sweep(1, "--seed", "1"),
    exit: 1,
    log: ["ok", "ok", "error"],
  },
  {
    name: "three requests in a row fail, and the run ends",
    server: chats([json({ error: failure }, "503 Busy")]),
    command: sweep(4),
    exit: 1,
    says: ["on fire"],
    log: ["error", "error", "error"],
  },
  {
    name: "the server goes silent in the middle of a run",
    server: chats((request, nth) => (nth === 2 ? SILENCE : answerWell(request))),
    command: oneRequest("--num_following", "2"),
    exit: 1,
    log: ["ok", "timeout", "ok"],
  },
];

/** What goes wrong around the answers: refusals, and what a run asks beside its chats. */
export const SERVER_SETUP: readonly FaultCase[] = [
  ...REFUSALS,
  ...FIELD_REFUSALS,
  ...MODELS,
  ...TOKENIZE,
  ...METRICS,
  ...RECOGNITION,
  ...MIDDLE,
];
