import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { DONE, json, ROLE, type Step, stream } from "../client/scripted-server.js";
import { type FaultCase, KEY, ok, oneRequest, type Place, sweep } from "./fault-case.js";
import { answerWell, chats, type Hostility, path } from "./hostile-server.js";

/** A form in which a server tells a key. */
type Tell = (key: string) => string;

const hex = (character: string, digits: number): string =>
  character.charCodeAt(0).toString(16).padStart(digits, "0");

const FORMS: Readonly<Record<string, Tell>> = {
  "as it is": (key) => key,
  "inside a word": (key) => `x${key}y`,
  "in capitals and small letters": (key) => `${key.toUpperCase()} ${key.toLowerCase()}`,
  "in base64": (key) => Buffer.from(key).toString("base64"),
  "in the base64 of Basic": (key) => Buffer.from(`x:${key}`).toString("base64"),
  "in base64 with line ends": (key) => Buffer.from(`user:${key}`).toString("base64").replace(/.{8}/g, "$&\n"),
  "escaped for a URL": (key) => [...key].map((c) => `%${hex(c, 2)}`).join(""),
  "escaped for JSON in JSON": (key) => [...key].map((c) => `\\u${hex(c, 4)}`).join(""),
  "escaped for HTML": (key) => [...key].map((c) => `&#x${hex(c, 2)};`).join(""),
  "over a line end": (key) => `${key.slice(0, 9)}\n${key.slice(9)}`,
  "over an invisible character": (key) =>
    `${key.slice(0, 9)}\u200b${key.slice(9, 15)}\u001b[31m${key.slice(15)}`,
  "cut near its end": (key) => key.slice(0, 20),
};

const told = Object.values(FORMS).map((tell) => tell(KEY));
const line = told.map((text) => text.replace(/[^\x20-\x7e]/g, "")).join(" ");

const part = (content: string, finish: string | null = null, more: object = {}): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }], ...more })}\n\n`;

const STREAM: readonly Step[] = [
  `HTTP/1.1 200 ${KEY}\r\ncontent-type: text/event-stream\r\nx-echo: ${line}\r\n\r\n`,
  ROLE,
  ...told.map((text) => part(`${text} `)),
  ...[...KEY].map((character) => part(character)),
  part(KEY.slice(0, 14)),
  part(KEY.slice(14)),
  part("", KEY, { usage: { prompt_tokens: 24, completion_tokens: 9, service: told } }),
  DONE,
  "CLOSE",
];

const WHOLE: readonly Step[] = [
  json(
    {
      choices: [{ index: 0, message: { role: "assistant", content: line }, finish_reason: "stop" }],
      usage: { prompt_tokens: 24, completion_tokens: 9, service: told },
    },
    `200 ${KEY}`,
    `x-echo: ${line}\r\nx-litellm-overhead-duration-ms: ${KEY}\r\n`,
  ),
];

/** Says the key in every form wherever a server can say anything, and answers all the same. */
const ECHO: Hostility = {
  paths: {
    "/v1/models": [
      json(
        { object: "list", data: [{ id: `m ${line}`, object: "model", owned_by: KEY, aliases: told }] },
        `200 ${KEY}`,
        `server: ${line}\r\nx-${KEY}: ${line}\r\n`,
      ),
    ],
    "/version": [json({ version: line })],
    "/props": [json({ build_info: line })],
    "/metrics": [`HTTP/1.1 200 OK\r\ncontent-length: ${KEY.length + 10}\r\n\r\n# HELP ${KEY}\n 1`],
    "/v1/chat/completions": ({ body }) =>
      (JSON.parse(body) as { readonly stream?: boolean }).stream ? STREAM : WHOLE,
    "/v1/completions": STREAM,
  },
};
const server = ({ base }: Place): readonly string[] => [
  ...["--api_base", base, "--api_key", KEY, "--timeout_seconds", "5"],
];

/** Every command that takes a key. */
const COMMANDS: readonly FaultCase[] = [
  { name: "to ttft", command: oneRequest(), exit: 0, log: ok(1) },
  { name: "to sweep", command: sweep(1), exit: 0, log: ok(4) },
  {
    name: "to prompts",
    command: (place) => [
      ...["prompts", ...server(place), "--out", "log.jsonl", "--context_size", "64", "--runs", "1"],
    ],
    exit: 0,
    log: ok(10),
  },
  {
    name: "to blend",
    command: (place) => [
      ...["blend", ...server(place), "--out", "log.jsonl", "--input_lengths", "128", "--trials", "1"],
      ...["--warm_ups", "0", "--methods", "full,prefix"],
    ],
    exit: 0,
    log: ok(2),
  },
  {
    name: "to quality, whose predictions it is, and to the report on its log",
    command: (place) => [
      ...["quality", ...server(place), "--out", "log.jsonl", "--dataset", "multihop", "--samples", "2"],
      ...["--methods", "full"],
    ],
    exit: 0,
    log: ok(4),
    next: { command: () => ["report", "log.jsonl", "--out", "report.html"], exit: 0, log: ok(4) },
  },
  { name: "to doctor", command: (place) => ["doctor", ...server(place)], exit: 0, log: null },
  {
    name: "to doctor for programs",
    command: (place) => ["doctor", ...server(place), "--json"],
    exit: 0,
    log: null,
  },
  {
    name: "to proxy, as the provider and as the proxy",
    command: ({ origin }) => [
      ...[
        "proxy",
        "--provider-url",
        origin,
        "--proxy-url",
        origin,
        "--api-key",
        KEY,
        "--provider-key",
        `${KEY}-2`,
      ],
      ...["--requests", "1", "--stream-requests", "1", "--concurrency", "1", "--stream-concurrency", "1"],
      ...["--warmup", "0", "--stream-warmup", "0", "--out", "log.jsonl", "--output-json", "out.json"],
    ],
    exit: 0,
    log: ok(4),
  },
];

/** Words that end in a key which a limit of this length cuts. */
const cutAt = (limit: number): string => `${"w".repeat(limit - 17)} ${KEY} and more`;

const refused = (body: string, type: string): readonly Step[] => [
  `HTTP/1.1 401 Unauthorized\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
];

/** Where a message is cut short, in each place where one is made. */
const CUTS: readonly FaultCase[] = [40, 60, 64, 80, 300, 1_200].flatMap((limit) => {
  const words = cutAt(limit);
  const failed = { exit: 1, log: ["error"] } as const;
  return [
    {
      name: "a refusal",
      server: chats([json({ error: { message: words } }, "401 Unauthorized")]),
      ...failed,
    },
    {
      name: "a refusal in HTML",
      server: chats(refused(`<html><body><p>${words}</body></html>`, "text/html")),
      ...failed,
    },
    { name: "a refusal in words", server: chats(refused(words, "text/plain")), ...failed },
    {
      name: "an error in the stream",
      server: chats(stream(ROLE, `data: {"error":{"message":"${words}"}}\n\n`)),
      ...failed,
    },
    { name: "an event that is not JSON", server: chats(stream(ROLE, `data: ${words}\n\n`)), ...failed },
    {
      name: "what is no stream",
      server: chats([`HTTP/1.1 200 OK\r\ncontent-length: ${words.length}\r\n\r\n${words}`]),
      ...failed,
    },
    { name: "what is no HTTP", server: chats([`HTTP 1.1 ${words}\r\n\r\n`, "CLOSE"]), ...failed },
    { name: "a reason", server: chats([`HTTP/1.1 401 ${words}\r\ncontent-length: 0\r\n\r\n`]), ...failed },
    {
      name: "a redirect",
      server: chats([`HTTP/1.1 307 T\r\nlocation: http://x/${words}\r\ncontent-length: 0\r\n\r\n`]),
      ...failed,
    },
    { name: "a list of models that is none", server: path("/v1/models", [json(words)]), exit: 1, log: null },
    {
      name: "a refused list of models",
      server: path("/v1/models", [json({ detail: words }, "403 Forbidden")]),
      exit: 1,
      log: null,
    },
  ].map((fault) => ({ ...fault, name: `a key stands at the place ${limit} of ${fault.name}` }));
}) as readonly FaultCase[];

/** Without the key that every command is given. */
const NO_KEY = { FIRSTTOKEN_API_KEY: undefined };

/** Keys that don't stand on the command line: none of its processes has one in sight. */
const SOURCES: readonly FaultCase[] = [
  {
    name: "a key comes from the environment, and the command says so by the variable's name",
    command: oneRequest(),
    environment: { ...NO_KEY, OPENAI_API_KEY: KEY },
    says: ["gets the key from OPENAI_API_KEY"],
  },
  {
    name: "a key comes from a file",
    prepare: ({ folder }: Place) => writeFileSync(join(folder, "key"), `${KEY}\n`),
    command: oneRequest("--api_key", "@key"),
    environment: NO_KEY,
  },
  {
    name: "a key comes from standard input",
    command: oneRequest("--api_key", "-"),
    environment: { ...NO_KEY, THE_KEY: KEY },
    shell: (command: string) => `printf %s "$THE_KEY" | ${command}`,
  },
].map((fault) => ({
  ...fault,
  server: chats(answerWell),
  exit: 0,
  log: ok(1),
  holds: ({ server: asked }) =>
    expect(new Set(asked!.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set([`Bearer ${KEY}`]),
    ),
}));

/** Keys in other places than the key's own flag, against a server that tells them everywhere. */
const PLACES: readonly FaultCase[] = [
  ...[
    `authorization: Token ${KEY}`,
    `Authorization: Basic ${Buffer.from(`x:${KEY}`).toString("base64")}`,
    `x-tenant: ${KEY}`,
    `cookie: session=${KEY}; theme=dark`,
  ].map((header) => ({
    name: `a key stands in the header ${header.replace(/[ =].*/s, "")}, and is told everywhere`,
    server: ECHO,
    command: oneRequest("--header", header),
    environment: NO_KEY,
    exit: 0,
    log: ok(1),
  })),
  {
    name: "a key stands in a field of the body, and is told everywhere",
    server: ECHO,
    command: oneRequest("--body", JSON.stringify({ metadata: { api_key: KEY } })),
    environment: NO_KEY,
    exit: 0,
    log: ok(1),
  },
  ...[
    ["a variable of the proxy's command", `env SOME_KEY=${KEY} sh -c 'echo $SOME_KEY; exit 3'`],
    ["a flag of the proxy's command", `sh -c 'echo $2; exit 3' sh --master-key ${KEY}`],
    ["an address in the proxy's command", `sh -c 'echo $0; exit 3' http://me:${KEY}@host/v1`],
  ].map(([where, proxyCommand]) => ({
    name: `a key stands in ${where}, which shows it and ends`,
    command: ({ base }: Place) => [
      ...["proxy", "--provider-url", base, "--proxy-port", "47113", "--out", "log.jsonl"],
      ...["--proxy-command", proxyCommand!],
    ],
    says: ["[redacted]", "it exited with code 3"],
    exit: 1,
    log: null,
  })),
];

/** How a key could get out. */
export const SECRETS: readonly FaultCase[] = [
  ...COMMANDS.map((fault) => ({ ...fault, name: `a key is told everywhere ${fault.name}`, server: ECHO })),
  ...CUTS,
  ...PLACES,
  ...SOURCES,
];
