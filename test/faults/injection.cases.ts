import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DONE, delta, event, json, ROLE, type Step, stream, usage } from "../client/scripted-server.js";
import { type Ended, type FaultCase, type Outcome, ok, oneRequest } from "./fault-case.js";
import { chats, type Hostility, path } from "./hostile-server.js";
import { snapshot } from "./invariants.js";

/** What no file and no output may hold: controls but tab and line feed, separators, and what nobody sees. */
const UNSEEN =
  /[^\P{Cc}\t\n]|[\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u;

/** Sets the title, moves the cursor, links, turns text around, hides in it, ends a line; each once. */
const HOSTILE =
  "x\u001b]0;title\u0007\u001b[2J\u009b31m\u009d8;;http://evil.test\u009c\u202eabc\u2066\u200b\u{e0041}\u2028\u0085\ud800\u007fy";
/** What a header or a reason phrase may carry on the wire, as Latin-1 bytes. */
const HOSTILE_BYTES = "x\u001b]0;title\u0007\u001b[2J\u009b31m\u009d8;;a\u009c\u0085\u007f\u00ady";
const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

function isClean({ stdout, stderr, place }: Ended): void {
  const texts = [...snapshot(place.folder)].map(
    ([file, bytes]) => [file, Buffer.from(bytes, "latin1").toString("utf8")] as const,
  );
  for (const [where, text] of [["stdout", stdout], ["stderr", stderr], ...texts] as const) {
    const found = UNSEEN.exec(text);
    if (found !== null) throw new Error(`${where} holds ${JSON.stringify(found[0])}`);
  }
}

/** No text of a record but the model's own is longer than what is told. */
function isShort({ log }: Ended): void {
  for (const record of Array.isArray(log) ? log : [])
    for (const [key, value] of Object.entries(record))
      if (typeof value === "string" && value.length > 1_000)
        throw new Error(`${key} has ${value.length} characters`);
}

const models = (model: object, headers = ""): Hostility =>
  path("/v1/models", [json({ object: "list", data: [model] }, "200 OK", headers)]);

const ending = (reason: unknown): readonly Step[] =>
  stream(
    ROLE,
    event({ choices: [{ index: 0, delta: { content: "Hi" }, finish_reason: reason }] }),
    usage(9, 1),
    DONE,
  );

const head = (status: string, headers: string, body = ""): readonly Step[] => [
  latin1(`HTTP/1.1 ${status}\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`),
];

const PLACES: readonly (readonly [where: string, server: Hostility, log: readonly Outcome[] | null])[] = [
  ["the id of its model", models({ id: HOSTILE, object: "model" }), ok(1)],
  ["an id of 100 KB", models({ id: `${HOSTILE}${"m".repeat(100_000)}`, object: "model" }), ok(1)],
  ["the owner of its model", models({ id: "tiny", owned_by: HOSTILE }), ok(1)],
  [
    "a header of its list",
    { paths: { "/v1/models": head("200 OK", `server: ${HOSTILE_BYTES}\r\n`, '{"data":[{"id":"tiny"}]}') } },
    ok(1),
  ],
  [
    "its version",
    {
      paths: { "/version": [json({ version: HOSTILE })], ...models({ id: "tiny", owned_by: "vllm" }).paths },
    },
    ok(1),
  ],
  [
    "a list that is refused",
    path("/v1/models", [json({ error: { message: HOSTILE } }, "401 Unauthorized")]),
    null,
  ],
  ["a list that is none", path("/v1/models", [json(HOSTILE)]), null],
  ["a reason to finish", chats(ending(HOSTILE)), ok(1)],
  ["a reason to finish of 900 KB", chats(ending(`${HOSTILE}${"r".repeat(9e5)}`)), ok(1)],
  // An event of more than a megabyte is not read.
  ["a reason to finish of 2 MB", chats(ending(`${HOSTILE}${"r".repeat(2 ** 21)}`)), ["error"]],
  ["a reason to finish that failed", chats(ending(`error_${HOSTILE}`)), ["error"]],
  ["the message of an error", chats([json({ error: { message: HOSTILE } }, "500 Oops")]), ["error"]],
  [
    "an error within the stream",
    chats(stream(ROLE, event({ error: { message: HOSTILE, code: 500 } }))),
    ["error"],
  ],
  [
    "an event that is not JSON",
    chats(stream(ROLE, `data: ${HOSTILE.replace(/[\n\r]/g, "")}\n\n`)),
    ["error"],
  ],
  ["the words behind a status", chats(head(`503 ${HOSTILE_BYTES}`, "")), ["error"]],
  ["the place it redirects to", chats(head("302 Found", `location: http://${HOSTILE_BYTES}\r\n`)), ["error"]],
  ["its content-encoding", chats(head("200 OK", `content-encoding: ${HOSTILE_BYTES}\r\n`, "abc")), ["error"]],
  [
    "a content-encoding of 30 KB",
    chats(head("200 OK", `content-encoding: ${"z".repeat(30_000)}\r\n`, "abc")),
    ["error"],
  ],
  ["the model's text", chats(stream(ROLE, delta({ content: HOSTILE }, "stop"), usage(9, 1), DONE)), ok(1)],
  [
    "the model's reasoning",
    chats(
      stream(
        ROLE,
        delta({ reasoning_content: HOSTILE }),
        delta({ content: "Hi" }, "stop"),
        usage(9, 1),
        DONE,
      ),
    ),
    ok(1),
  ],
  ["what is no HTTP", chats([latin1(`${HOSTILE_BYTES}\r\n\r\n`)]), ["error"]],
];

const ofServers = PLACES.map(
  ([where, server, log]): FaultCase => ({
    name: `a server puts codes of a terminal into ${where}`,
    server,
    exit: log === null || log[0] === "error" ? 1 : 0,
    log,
    holds: (ended) => {
      isClean(ended);
      isShort(ended);
    },
  }),
);

/** One record of another tool, whose writer leaves its characters as they are. */
const foreignLine = (fields: object): string =>
  `${JSON.stringify({ run_index: 1, context_tokens: 10, ttft_seconds: 0.1, ...fields })}\n`;

const report = (place: { readonly folder: string }, ...more: readonly string[]) => [
  ...["report", join(place.folder, "foreign.jsonl"), "--out", "report.html", ...more],
];

const ofLogs = ["label", "model", "error", "remark", "prompt", "finish_reason", "evidence_reason"].flatMap(
  (key) =>
    [[], ["--json"]].map(
      (flags): FaultCase => ({
        name: `a log of another program holds codes of a terminal as its ${key}${flags.length > 0 ? ", told as JSON" : ""}`,
        prepare: ({ folder }) =>
          writeFileSync(
            join(folder, "foreign.jsonl"),
            foreignLine({ [key]: HOSTILE, ...(key === "error" && { outcome: "error", ttft_seconds: null }) }),
          ),
        command: (place) => report(place, ...flags),
        exit: 0,
        log: null,
        holds: ({ stdout, stderr, place }) => {
          const page = join(place.folder, "report.html");
          const html = existsSync(page) ? readFileSync(page, "utf8") : "";
          if (html === "") throw new Error("there is no report");
          for (const text of [stdout, stderr, html]) {
            const found = UNSEEN.exec(text);
            if (found !== null) throw new Error(`it holds ${JSON.stringify(found[0])}`);
          }
        },
      }),
    ),
);

const ARGUMENTS = [
  ["--api_base", `http://${HOSTILE}`, 2, null],
  ["--model", HOSTILE, 0, ok(1)],
  ["--prompt", HOSTILE, 0, ok(1)],
  ["--context_file", HOSTILE, 1, null],
  ["--tokenizer", HOSTILE, 2, null],
] as const;

const ofArguments = ARGUMENTS.map(
  ([flag, value, exit, log]): FaultCase => ({
    name: `${flag} holds codes of a terminal`,
    command: oneRequest(flag, value),
    exit,
    log,
    holds: isClean,
  }),
);

const NAMES = ["__proto__", "constructor", "toString"];

const ofDatasets: FaultCase = {
  name: "a dataset holds codes of a terminal in every field, and so does the answer",
  server: chats(stream(ROLE, delta({ content: HOSTILE }, "stop"), usage(9, 1), DONE)),
  prepare: ({ folder }) =>
    writeFileSync(
      join(folder, "data.jsonl"),
      [1, 2]
        .map(
          (n) =>
            `${JSON.stringify({ _id: `${HOSTILE}${n}`, dataset: "2wikimqa", input: HOSTILE, context: `Passage 1:\n${HOSTILE}`, answers: [HOSTILE] })}\n`,
        )
        .join(""),
    ),
  command: ({ base }) => [
    ...["quality", "--api_base", base, "--dataset", "data.jsonl", "--methods", "full", "--out", "log.jsonl"],
    ...["--samples", "2"],
  ],
  exit: 0,
  // Full prefill and its twin.
  log: ok(4),
  holds: ({ stdout, stderr, place, log }) => {
    const told = [
      stdout,
      stderr,
      readFileSync(join(place.folder, "log.jsonl"), "utf8"),
      readFileSync(join(place.folder, "log.jsonl.meta.json"), "utf8"),
    ];
    const found = told.map((text) => UNSEEN.exec(text)?.[0]).find((one) => one !== undefined);
    if (found !== undefined) throw new Error(`it holds ${JSON.stringify(found)}`);
    const [{ prediction, references }] = log as readonly [Record<string, unknown>];
    if (prediction !== HOSTILE.split("\n")[0] || !(references as readonly string[]).includes(HOSTILE))
      throw new Error("the answer or its reference is no longer what it was");
  },
};

const ofNames: readonly FaultCase[] = [
  {
    name: "kinds of prompts are named as what every object has",
    prepare: ({ folder }) =>
      writeFileSync(
        join(folder, "kinds.json"),
        `{${NAMES.map((name) => `"${name}":"What of it?"`).join(",")}}`,
      ),
    command: ({ base }) => [
      ...["prompts", "--api_base", base, "--prompts_file", "kinds.json", "--out", "log.jsonl"],
      ...["--context_size", "64", "--runs", "1", "--max_tokens", "4"],
    ],
    exit: 0,
    says: NAMES,
    log: ok(6),
    holds: ({ log }) => {
      const kinds = new Set(
        (log as readonly { readonly prompt_kind: string }[]).map(({ prompt_kind }) => prompt_kind),
      );
      if (kinds.size !== NAMES.length) throw new Error(`the log has ${[...kinds].join(", ")}`);
    },
  },
  ...NAMES.map(
    (name): FaultCase => ({
      name: `a server, a header and a field are named ${name}`,
      server: models({ id: name, object: "model", owned_by: name, [name]: {} }, `${name}: x\r\n`),
      command: oneRequest("--header", `${name}: y`, "--body", `{"${name}":1}`),
      exit: 0,
      log: ok(1),
    }),
  ),
];

/** Text that is taken for something else by whoever shows it. */
export const INJECTION: readonly FaultCase[] = [
  ...ofServers,
  ...ofLogs,
  ...ofArguments,
  ofDatasets,
  ...ofNames,
];
