import { expect } from "vitest";
import { chunk, DONE, delta, ROLE, STREAM_HEAD, type Step, usage } from "../client/scripted-server.js";
import { type FaultCase, type Outcome, ok, oneRequest, sweep } from "./fault-case.js";
import { chats, type Hostility, path } from "./hostile-server.js";

/** A beginning, and then the same for ever. */
function* endless(begin: readonly Step[], ...again: readonly Step[]): Generator<Step> {
  yield* begin;
  for (;;) yield* again;
}

/** An answer that begins anew with each request: a generator can be played once. */
const ever =
  (begin: readonly Step[], ...again: readonly Step[]) =>
  () =>
    endless(begin, ...again);

const HI = delta({ content: "Hi" });
const KIBI = "x".repeat(1_024);
const BULK = "x".repeat(256 * 1_024);
const text = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n";

/** What goes on for ever, and how the only request ends. */
const CHATS: readonly (readonly [how: string, server: Hostility, outcome: Outcome])[] = [
  ["interim answers", chats(ever([], "HTTP/1.1 102 Processing\r\n\r\n", 20)), "timeout"],
  ["a head's lines", chats(ever(["HTTP/1.1 200 OK\r\n"], `x-a: ${KIBI}\r\n`)), "error"],
  ["one line of a head", chats(ever(["HTTP/1.1 200 OK\r\nx-a: "], KIBI)), "error"],
  ["a head, byte for byte", chats(ever(["HTTP/1.1 200 OK\r\nx-a: "], "x", 20)), "timeout"],
  ["a chunk's extension", chats(ever([STREAM_HEAD, "5;a="], KIBI)), "timeout"],
  ["comments", chats(ever([STREAM_HEAD], chunk(": ping\n\n"), 20)), "timeout"],
  ["comments as fast as they can", chats(ever([STREAM_HEAD], chunk(`: ${KIBI}\n\n`))), "timeout"],
  ["empty chunks of an answer", chats(ever([STREAM_HEAD], chunk(ROLE), 20)), "timeout"],
  ["words of an answer", chats(ever([STREAM_HEAD], chunk(HI), 20)), "timeout"],
  ["one event", chats(ever([STREAM_HEAD, chunk("data: ")], chunk(KIBI), 5)), "timeout"],
  ["an answer that is no stream", chats(ever([text], KIBI, 5)), "timeout"],
  ["a refusal", chats(ever(["HTTP/1.1 500 No\r\n\r\n"], KIBI, 5)), "error"],
  [
    "pings behind [DONE]",
    chats(ever([STREAM_HEAD, chunk(HI + usage(64, 1) + DONE)], chunk(": ping\n\n"), 20)),
    "ok",
  ],
];

const ENDLESS_CHATS = CHATS.map(
  ([how, server, outcome]): FaultCase => ({
    name: `${how} go on for ever`,
    server,
    exit: outcome === "ok" ? 0 : 1,
    log: [outcome],
    holds({ log, maxMebibytes }) {
      expect(maxMebibytes).toBeLessThan(MOST_MEBIBYTES);
      // The clock stops with the answer.
      const [{ e2e_seconds: seconds }] = log as readonly [{ e2e_seconds: number | null }];
      if (outcome === "ok") expect(seconds).toBeLessThan(1.5);
    },
  }),
);

/** Half a gigabyte: a process takes 100 to 150 for itself. */
const MOST_MEBIBYTES = 512;

const json = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n";

/** What a run asks beside its chats, and never comes to an end. */
const ASIDE: readonly FaultCase[] = [
  {
    name: "the list of models goes on for ever, as fast as it can",
    server: path("/v1/models", ever([json, '{"data": ["'], BULK)),
    exit: 1,
    says: [/models/],
    log: null,
    holds: ({ maxMebibytes }) => expect(maxMebibytes).toBeLessThan(MOST_MEBIBYTES),
  },
  {
    name: "the list of models goes on for ever, a byte at a time",
    server: path("/v1/models", ever([json], " ", 20)),
    exit: 1,
    says: [/models/],
    log: null,
  },
  {
    name: "/tokenize goes on for ever",
    server: path("/tokenize", ever([json, '{"tokens": ['], "1,", 20)),
    exit: 0,
    log: ["ok"],
  },
  {
    name: "the counters go on for ever, as fast as they can",
    server: path("/metrics", ever([text], `vllm:a{b="${KIBI}"} 1\n`.repeat(50))),
    command: sweep(1, "--profile", "vllm", "--timeout_seconds", "0.5"),
    exit: 0,
    log: ok(4),
    limitSeconds: 60,
    holds: ({ maxMebibytes }) => expect(maxMebibytes).toBeLessThan(MOST_MEBIBYTES),
  },
  {
    name: "the counters are one line without an end",
    server: path("/metrics", ever([text], BULK)),
    command: sweep(1, "--profile", "vllm", "--timeout_seconds", "0.5"),
    exit: 0,
    log: ok(4),
    limitSeconds: 60,
    holds: ({ maxMebibytes }) => expect(maxMebibytes).toBeLessThan(MOST_MEBIBYTES),
  },
  {
    name: "the page that tells what a server is goes on for ever",
    server: path("/version", ever([json], " ", 20)),
    command: oneRequest(),
    exit: 0,
    log: ["ok"],
  },
];

/** What never ends. */
export const SERVER_ENDLESS: readonly FaultCase[] = [...ENDLESS_CHATS, ...ASIDE];
