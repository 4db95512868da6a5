import { spawnSync } from "node:child_process";
import { join } from "node:path";
import {
  chunk,
  delta,
  json,
  type ScriptedRequest,
  STREAM_HEAD,
  type Step,
} from "../client/scripted-server.js";
import { type Ended, type FaultCase, oneRequest, type Place, sweep } from "./fault-case.js";
import { chats, type Hostility, path, SILENCE } from "./hostile-server.js";

const OPEN = "HTTP/1.1 200 OK\r\n\r\n";
const CONTENT = delta({ content: "a" });

/** A beginning, and then a piece again and again: as fast as it is read, or with a pause before each. */
function* endless(first: Step, piece: string, pause = 0): Generator<Step> {
  yield first;
  const pieces = pause > 0 ? piece : piece.repeat(Math.max(1, Math.floor(250_000 / piece.length)));
  for (;;) {
    if (pause > 0) yield pause;
    yield pieces;
  }
}

/** What a flood may take of memory beside what Node itself takes. */
const within =
  (mebibytes: number) =>
  ({ maxMebibytes }: Ended): void => {
    if (maxMebibytes > mebibytes) throw new Error(`it took ${maxMebibytes} MB`);
  };

const FLOODS: readonly FaultCase[] = (
  [
    ["a header", () => endless("HTTP/1.1 200 OK\r\nx: ", "abcd"), "a head of more than 256 KB"],
    ["headers", () => endless("HTTP/1.1 200 OK\r\n", "x: y\r\n"), "more than 1,000 headers"],
    ["a status line", () => endless("HTTP/1.1 200 ", "abcd"), "a head of more than 256 KB"],
    [
      "trailers",
      () => endless(`${STREAM_HEAD}${chunk(CONTENT)}0\r\n`, "x: y\r\n"),
      "more than 1,000 headers",
    ],
    ["a line", () => endless(`${OPEN}data: `, "abcd"), "an event or a line of more than 1 MB"],
    ["a comment", () => endless(`${OPEN}: `, "abcd"), "an event or a line of more than 1 MB"],
    ["an event", () => endless(OPEN, "data: a\n"), "an event or a line of more than 1 MB"],
    ["a field's name", () => endless(OPEN, "abcd"), "an event or a line of more than 1 MB"],
    ["a text", () => endless(OPEN, delta({ content: "a".repeat(90_000) })), "a text of more than 64 MB"],
    [
      "reasoning",
      () => endless(OPEN, delta({ reasoning_content: "a".repeat(90_000) })),
      "a text of more than 64 MB",
    ],
    ["a refusal", () => endless("HTTP/1.1 500 Oh\r\n\r\n", "no "), "HTTP 500: no no"],
  ] as const
).map(([what, answer, says]) => ({
  name: `a chat is answered with ${what} without end`,
  server: chats(answer),
  command: oneRequest("--timeout_seconds", "60"),
  // What a model says is shown.
  shell: (line) => `${line} >/dev/null`,
  exit: 1,
  says: [says],
  log: ["error"],
  limitSeconds: 60,
  holds: within(400),
}));

const noHead = "not a complete response head";
const noEvent = "contains no event";

/** Neither fast nor silent: only the total limit ends them. */
const DRIPS: readonly FaultCase[] = (
  [
    ["interim answers", () => endless("", "HTTP/1.1 102 Processing\r\n\r\n", 50), noHead],
    ["early hints", () => endless("", "HTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n", 50), noHead],
    ["a header", () => endless("HTTP/1.1 200 OK\r\nx: ", "a", 50), noHead],
    ["headers", () => endless("HTTP/1.1 200 OK\r\n", "x: y\r\n", 50), noHead],
    ["comments", () => endless(OPEN, ": ping\n\n", 50), noEvent],
    ["empty events", () => endless(OPEN, "data:\n\n", 50), noEvent],
    ["named events", () => endless(OPEN, "event: ping\ndata: {}\n\n", 50), noEvent],
    ["line ends", () => endless(OPEN, "\n", 50), noEvent],
    ["letters", () => endless(`${OPEN}data: `, "a", 50), noEvent],
    ["empty deltas", () => endless(OPEN, delta({}), 50), /after \d+ events/],
    ["tokens", () => endless(OPEN, CONTENT, 50), /after \d+ events, the first token among them/],
    ["chunk sizes", () => endless(`${STREAM_HEAD}5`, "0", 200), noEvent],
  ] as const
).map(([what, answer, says]) => ({
  name: `a chat drips ${what}`,
  server: chats(answer),
  command: oneRequest("--timeout_seconds", "1", "--idle_timeout_seconds", "0.7"),
  exit: 1,
  says: ["had not finished after 1 s (--timeout_seconds)", says],
  log: ["timeout"],
}));

const silences: readonly FaultCase[] = [
  {
    name: "a chat is silent for longer than --idle_timeout_seconds",
    server: chats([STREAM_HEAD, chunk(CONTENT)]),
    command: oneRequest("--timeout_seconds", "60", "--idle_timeout_seconds", "0.5"),
    exit: 1,
    says: ["sent nothing for 0.5 s (--idle_timeout_seconds), after 1 event"],
    log: ["timeout"],
  },
];

/** A server known as vLLM by its list of models, which asks it for its counters too. */
const vllm = (paths: Hostility["paths"]): Hostility => ({
  paths: {
    "/v1/models": [json({ data: [{ id: "tiny", owned_by: "vllm", max_model_len: 4_096 }] })],
    "/version": [json({ version: "0.11.0" })],
    "/tokenize": (request) => {
      // Of a chat, which has messages and no text, the body stands for its rendering.
      const { length } = textOf(request) ?? request.body;
      const tokens = Array.from({ length: Math.ceil(length / 6) }, (_, index) => index);
      return [json({ count: tokens.length, tokens })];
    },
    ...paths,
  },
});

const WANTED = "vllm:num_requests_running 0\n";
const OTHER = Array.from({ length: 4_000 }, (_, i) => `vllm:other_bucket{le="${i}"} ${i}\n`).join("");

/** 100 MB of series, of which one is wanted. */
function* largeScrape(): Generator<Step> {
  const times = Math.ceil(100e6 / OTHER.length);
  yield `HTTP/1.1 200 OK\r\ncontent-length: ${WANTED.length + times * OTHER.length}\r\n\r\n${WANTED}`;
  for (let i = 0; i < times; i++) yield OTHER;
}

const SCRAPES: readonly FaultCase[] = (
  [
    ["has 100 MB", largeScrape],
    ["has no end", () => endless(OPEN, OTHER)],
    ["has wanted series without end", () => endless(OPEN, WANTED)],
    ["has a line without end", () => endless(OPEN, "vllm:num_requests_running")],
    ["drips", () => endless(OPEN, "v", 50)],
    ["is silent", () => SILENCE],
  ] as const
).map(([how, answer]) => ({
  name: `the scrape of /metrics ${how}`,
  server: vllm({ "/metrics": answer }),
  command: oneRequest("--timeout_seconds", "60"),
  exit: 0,
  log: ["ok"],
  limitSeconds: 60,
  holds: within(300),
}));

const LISTS: readonly FaultCase[] = (
  [
    [
      "has no end",
      () => endless(`${OPEN}{"data": [`, '{"id": "a"},'),
      "more than 64 MB in the answer to GET",
    ],
    ["is an error without end", () => endless("HTTP/1.1 500 Oh\r\n\r\n", "no "), "more than 64 MB"],
    ["drips", () => endless(OPEN, " ", 50), "did not answer GET /v1/models within 0.5 s"],
    ["has headers without end", () => endless("HTTP/1.1 200 OK\r\n", "x: y\r\n"), "more than 1,000 headers"],
  ] as const
).map(([how, answer, says]) => ({
  name: `the list of models ${how}`,
  server: path("/v1/models", answer),
  command: oneRequest("--timeout_seconds", how === "drips" ? "0.5" : "60"),
  exit: 1,
  says: [says],
  log: null,
  holds: within(400),
}));

/** The text whose tokens are to be counted. */
const textOf = ({ body }: ScriptedRequest): string | undefined =>
  (JSON.parse(body) as { prompt?: string }).prompt;

/** Few requests tell that a server can't count. */
const asksFew = ({ server }: Ended): void => {
  const asked = server!.requests.filter(({ path: name }) => name === "/tokenize").length;
  if (asked > 100) throw new Error(`it asked ${asked} times`);
};

const COUNTS: readonly FaultCase[] = (
  [
    ["0", () => 0, 0],
    ["-5", () => -5, 0],
    ["a thousand million", () => 1e9, 0],
    ["a half", () => 0.5, 0],
    ["a word", () => "many", 0],
    ["1 of every text", () => 1, 1],
    ["a token for 256 bytes", (text: string) => Math.max(1, Math.floor(text.length / 256)), 1],
  ] as const
).map(([what, count, exit]) => ({
  name: `/tokenize counts ${what}`,
  server: path("/tokenize", (request) => [json({ count: count(textOf(request) ?? ""), tokens: [] })]),
  command: sweep(1, "--context_sizes", "4000"),
  exit,
  log: exit === 0 ? ["ok", "ok"] : [],
  holds: asksFew,
}));

const base = ({ base: url }: Place) => ["--api_base", url, "--timeout_seconds", "60"];

/** What asks a server, each with what it writes. */
const ASKING: Readonly<Record<string, (place: Place) => readonly string[]>> = {
  sweep: sweep(1, "--timeout_seconds", "60"),
  prompts: (place) => [
    "prompts",
    ...base(place),
    "--runs",
    "1",
    "--context_size",
    "32",
    "--out",
    "log.jsonl",
  ],
  blend: (place) => [
    "blend",
    ...base(place),
    "--methods",
    "full,prefix",
    "--input_lengths",
    "64",
    "--out",
    "log.jsonl",
  ],
  quality: (place) => [
    "quality",
    ...base(place),
    "--dataset",
    "multihop",
    "--methods",
    "full",
    "--out",
    "log.jsonl",
  ],
  doctor: (place) => ["doctor", ...base(place)],
  proxy: ({ origin }) => [
    ...["proxy", "--provider-url", origin, "--proxy-url", origin, "--out", "log.jsonl", "--warmup", "2"],
    ...["--timeout", "60"],
  ],
  datasets: ({ origin }) => ["datasets", "fetch", "2wikimqa", "--base_url", origin],
};

const SERVED = ["/v1/models", "/tokenize", "/version", "/metrics", "/v1/chat/completions"];
/** Where else a command may wait: a proxy's sign of life, a dataset's file. */
const WAITS: readonly (readonly [command: string, at: string])[] = [
  ...["sweep", "prompts", "blend", "quality", "doctor"].flatMap((command) =>
    SERVED.map((at) => [command, at] as const),
  ),
  ["proxy", "/health"],
  ["proxy", "/v1/models"],
  ["proxy", "/v1/chat/completions"],
  ["datasets", "/datasets/voidful/2WikiMultihopQA/resolve/main/dev.json"],
];

const STOPS: readonly FaultCase[] = WAITS.map(([command, at]) => ({
  name: `Ctrl-C comes while ${command} waits for ${at}`,
  server: vllm({ [at]: SILENCE }),
  command: ASKING[command]!,
  stop: { signal: "SIGINT", at },
  exit: 130,
  says: ["Stopped."],
  log: at === "/v1/chat/completions" && command !== "doctor" ? [] : null,
  limitSeconds: 10,
}));

const PAUSES: readonly FaultCase[] = [
  {
    name: "Ctrl-C comes between two requests of ttft",
    command: oneRequest("--num_following", "3", "--gap_seconds", "60"),
    stop: { signal: "SIGINT", at: /Run 2[\s\S]*Run 2|TTFT_2/ },
    exit: 130,
    says: ["Stopped. What was measured is in log.jsonl."],
    log: ["ok", "ok"],
  },
  {
    name: "Ctrl-C comes while a proxy starts that heeds no request to end",
    command: ({ origin }) => [
      ...["proxy", "--provider-url", origin, "--out", "log.jsonl"],
      ...["--proxy-command", "bash -c 'trap \"\" TERM; echo up; sleep 30'"],
    ],
    stop: { signal: "SIGINT", at: /Starting the proxy/ },
    exit: 130,
    log: null,
    limitSeconds: 8,
  },
  ...["serve", "mock"].map(
    (command): FaultCase => ({
      name: `Ctrl-C ends ${command}, which has nothing else to do`,
      command: () => [command, "--port", "0"],
      stop: { signal: "SIGINT", at: /Ctrl-C stops it/ },
      exit: 0,
      log: null,
      limitSeconds: 60,
    }),
  ),
];

/** Takes from the process whatever would wake it, as a lost wake-up does. */
const ASLEEP = `data:text/javascript,${encodeURIComponent(`
  import net from "node:net";
  import timers from "node:timers";
  import { syncBuiltinESMExports } from "node:module";
  setTimeout(() => {
    for (const handle of process._getActiveHandles()) handle.unref?.();
    for (const name of ["setTimeout", "setInterval"]) {
      const make = globalThis[name];
      globalThis[name] = timers[name] = (...args) => make(...args).unref();
    }
    net.Socket.prototype.ref = function () { return this; };
    setInterval(() => {
      for (const handle of process._getActiveHandles()) handle.unref?.();
    }, 5).unref();
    syncBuiltinESMExports();
  }, 0);
`)}`;

const ASLEEP_AT: readonly FaultCase[] = [
  ...Object.entries({ ...ASKING, ttft: oneRequest("--timeout_seconds", "60") }),
].map(([command, argv]) => ({
  name: `nothing is left that could wake ${command}`,
  server: { greeting: SILENCE },
  command: argv,
  environment: { NODE_OPTIONS: `--import ${ASLEEP}` },
  exit: 1,
  says: ["firsttoken ended too early"],
  log: null,
  limitSeconds: 8,
}));

const pipe = (name: string) => (place: Place) => void spawnSync("mkfifo", [join(place.folder, name)]);

const NO_FILES: readonly FaultCase[] = (
  [
    ["a log to report on", "p", () => ["report", "p"]],
    ["a document", "p", oneRequest("-C", "p")],
    ["a dataset", "p", (place: Place) => ["quality", ...base(place), "--dataset", "p", "--out", "log.jsonl"]],
    [
      "prompts",
      "p",
      (place: Place) => ["prompts", ...base(place), "--prompts_file", "p", "--out", "l.jsonl"],
    ],
    ["a tokenizer", "p", oneRequest("--tokenizer", "p")],
    ["a dataset's file", "2wikimqa-dev.json", () => ["datasets", "fetch", "2wikimqa", "--to", "."]],
    ["a part of a dataset", "2wikimqa-dev.json.part", () => ["datasets", "fetch", "2wikimqa", "--to", "."]],
    ["the page about a log", "sweep.meta.json", () => ["report", "sweep"]],
  ] as const
).map(([what, name, argv]) => ({
  name: `a pipe stands in the place of ${what}`,
  prepare: pipe(name),
  command: argv,
  exit: what === "prompts" || what === "a tokenizer" ? 2 : 1,
  says: what === "the page about a log" ? [] : ["it is a pipe, not a file"],
  log: null,
}));

/** What has no end, no pause or no answer: limits of size and of time, and the signal that ends every wait. */
export const LIMITS: readonly FaultCase[] = [
  ...FLOODS,
  ...DRIPS,
  ...silences,
  ...SCRAPES,
  ...LISTS,
  ...COUNTS,
  ...STOPS,
  ...PAUSES,
  ...ASLEEP_AT,
  ...NO_FILES,
];
